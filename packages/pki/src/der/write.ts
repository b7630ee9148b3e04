/** DER by hand (X.690): the few types X.509 needs. Every function returns one complete tag-length-value. */

/** Octets that the length `n` takes (X.690 8.1.3). */
const lengthOctets = (n: number): number => (n < 0x80 ? 1 : n < 0x100 ? 2 : n < 0x10000 ? 3 : n < 0x1000000 ? 4 : 5);

export const tlv = (tag: number, ...content: Uint8Array[]): Buffer => {
  let size = 0;
  for (const part of content) size += part.length;
  const octets = lengthOctets(size);
  const out = Buffer.allocUnsafe(1 + octets + size);
  out[0] = tag;
  if (octets === 1) out[1] = size;
  else {
    out[1] = 0x80 | (octets - 1);
    out.writeUIntBE(size, 2, octets - 1);
  }
  let at = 1 + octets;
  for (const part of content) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

export const sequence = (...items: Uint8Array[]): Buffer => tlv(0x30, ...items);

/** SET OF: the encodings stand in ascending order (X.690 11.6). */
export const setOf = (...items: Uint8Array[]): Buffer => tlv(0x31, ...[...items].sort(Buffer.compare));

/** Non-negative INTEGER from a number or from big-endian bytes; leading zeros are dropped, a sign byte is added. */
export const integer = (value: number | Uint8Array): Buffer => {
  let bytes = typeof value === 'number' ? numberBytes(value) : Buffer.from(value);
  while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.subarray(1);
  return (bytes[0]! & 0x80) === 0 ? tlv(0x02, bytes) : tlv(0x02, Buffer.from([0]), bytes);
};

const numberBytes = (value: number): Buffer => {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
};

export const enumerated = (value: number): Buffer => tlv(0x0a, Buffer.from([value]));
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0x00]));
export const octetString = (value: Uint8Array): Buffer => tlv(0x04, value);
export const utf8String = (value: string): Buffer => tlv(0x0c, Buffer.from(value, 'utf8'));
export const nothing = (): Buffer => tlv(0x05);

export const bitString = (value: Uint8Array, unusedBits = 0): Buffer => tlv(0x03, Buffer.from([unusedBits]), value);

/** Named bits (keyUsage): bit 0 is the most significant; trailing zero bits are dropped (X.690 11.2.2). */
export const namedBits = (bits: readonly number[]): Buffer => {
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of bits) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  return bitString(bytes, 7 - (highest & 7));
};

const oids = new Map<string, Buffer>();

/** Object identifiers are few: each is written once. */
export const oid = (dotted: string): Buffer => {
  const known = oids.get(dotted);
  if (known) return known;
  const made = writeOid(dotted);
  if (oids.size < 1_000) oids.set(dotted, made);
  return made;
};

const writeOid = (dotted: string): Buffer => {
  const [first, second, ...rest] = dotted.split('.').map(Number) as [number, number, ...number[]];
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const group = [arc & 0x7f];
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128)) group.unshift((more & 0x7f) | 0x80);
    bytes.push(...group);
  }
  return tlv(0x06, Buffer.from(bytes));
};

/** UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5); whole seconds. */
export const time = (at: Date): Buffer => {
  const text = at
    .toISOString()
    .replace(/[-:T]/g, '')
    .replace(/\.\d{3}/, '');
  return at.getUTCFullYear() < 2050
    ? tlv(0x17, Buffer.from(text.slice(2), 'ascii'))
    : tlv(0x18, Buffer.from(text, 'ascii'));
};

/** Context-specific tag around complete elements. */
export const explicit = (number: number, ...items: Uint8Array[]): Buffer => tlv(0xa0 | number, ...items);

/** Context-specific primitive tag in place of the type's own. */
export const implicit = (number: number, content: Uint8Array): Buffer => tlv(0x80 | number, content);

/** The content bytes of a complete element, e.g. to hash a key or to re-tag an INTEGER. */
export const contentOf = (element: Uint8Array): Buffer => {
  const first = element[1]!;
  return Buffer.from(element.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f)));
};
