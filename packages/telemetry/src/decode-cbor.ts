import { MAX_DEPTH } from '@muster/contracts/mqtt/uplink';

/** Why bytes are no CBOR that is taken; the message names the rule and where. */
export class CborFault extends Error {}

/**
 * Reads one CBOR item (RFC 8949) of the JSON kind: maps with text keys, arrays, text, numbers, true, false and null. Numbers
 * may also be NaN and infinite. Throws CborFault for everything else, and for what is nested deeper than `most`.
 *
 * Ours and not a library, because the input is hostile: what general decoders do for tags (dates, patterns, shared and
 * typed values) and for announced lengths (an array of 2^27 from ten bytes) is what must not happen here.
 */
export function decodeCbor(payload: Uint8Array, most: number = MAX_DEPTH): unknown {
  bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  at = 0;
  deepest = most;
  try {
    // 3.4.6: the tag that only says "this is CBOR".
    if (bytes.length > 3 && bytes[0] === 0xd9 && bytes[1] === 0xd9 && bytes[2] === 0xf7) at = 3;
    const item = readItem(1);
    if (at < bytes.length) throw fault(`${bytes.length - at} bytes follow the item`);
    return item;
  } catch (error) {
    // Past the end: nothing else in here throws it.
    if (error instanceof RangeError) throw fault('the payload ends inside an item');
    throw error;
  } finally {
    bytes = NONE;
  }
}

const NONE = Buffer.alloc(0);
const BREAK = Symbol('break');
const INDEFINITE = -1;

// One message at a time and never across an await; fields of an object would be looked up for each byte.
let bytes: Buffer = NONE;
let view: DataView = new DataView(NONE.buffer, 0, 0);
let at = 0;
let deepest = MAX_DEPTH;

const fault = (rule: string): CborFault => new CborFault(`${rule} (byte ${at})`);

function readItem(depth: number): unknown {
  const initial = view.getUint8(at++);
  const more = initial & 0x1f;
  switch (initial >> 5) {
    case 0:
      return lengthOf(more);
    case 1:
      return -1 - lengthOf(more);
    case 3:
      return more < 24 ? shortText(more) : readText(more);
    case 4:
      return readArray(more, depth);
    case 5:
      return readMap(more, depth);
    case 7:
      return readSimple(more);
    case 2:
      throw fault('byte strings are not taken');
    default:
      throw fault('tags are not taken, but for 55799 at the beginning');
  }
}

/** The argument of an initial byte (3). Above 2^53 it is rounded, as JSON.parse does. */
function lengthOf(more: number): number {
  if (more < 24) return more;
  if (more === 24) return view.getUint8(at++);
  if (more === 25) {
    at += 2;
    return view.getUint16(at - 2);
  }
  if (more === 26) {
    at += 4;
    return view.getUint32(at - 4);
  }
  if (more === 27) {
    at += 8;
    return view.getUint32(at - 8) * 4_294_967_296 + view.getUint32(at - 4);
  }
  throw fault('a length that is not well formed');
}

/** How many items follow, which cannot be more than there are bytes left. */
function countOf(more: number, bytesEach: number): number {
  if (more === 31) return INDEFINITE;
  const count = lengthOf(more);
  if (count * bytesEach > bytes.length - at) throw fault('the payload ends inside an item');
  return count;
}

function readArray(more: number, depth: number): unknown[] {
  if (depth > deepest) throw fault(`nested deeper than ${deepest}`);
  const count = countOf(more, 1);
  const items: unknown[] = [];
  if (count === INDEFINITE) {
    for (let item = readItem(depth + 1); item !== BREAK; item = readItem(depth + 1)) items.push(item);
    return items;
  }
  for (let i = 0; i < count; i++) items.push(readInside(depth));
  return items;
}

function readMap(more: number, depth: number): Record<string, unknown> {
  if (depth > deepest) throw fault(`nested deeper than ${deepest}`);
  const count = countOf(more, 2);
  const map: Record<string, unknown> = {};
  for (let i = 0; i !== count; i++) {
    const key = readKey();
    if (key === null) {
      if (count === INDEFINITE) return map;
      throw fault('a break where an item belongs');
    }
    const value = readInside(depth);
    // As JSON.parse has it: a field of that name, and no other prototype.
    if (key === '__proto__')
      Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
    else map[key] = value;
  }
  return map;
}

function readInside(depth: number): unknown {
  const item = readItem(depth + 1);
  if (item === BREAK) throw fault('a break where an item belongs');
  return item;
}

/** Null is the break at the end of a map of unknown length. */
function readKey(): string | null {
  const initial = view.getUint8(at++);
  if (initial === 0xff) return null;
  if (initial >> 5 !== 3) throw fault('keys of maps must be text');
  const more = initial & 0x1f;
  return more < 24 ? shortText(more) : readText(more);
}

const TEXTS = 1024;
const texts = new Array<string>(TEXTS).fill('');

/** Devices send the same keys and words all the time: comparing with the text of the last time is cheaper than making it. */
function shortText(length: number): string {
  const from = at;
  at += length;
  let hash = length;
  for (let i = from; i < at; i++) {
    const byte = view.getUint8(i);
    if (byte > 0x7f) return textBetween(from, at);
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const slot = hash & (TEXTS - 1);
  const known = texts[slot]!;
  if (known.length === length && isAt(known, from)) return known;
  const text = bytes.toString('latin1', from, at);
  texts[slot] = text;
  return text;
}

function isAt(text: string, from: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

function readText(more: number): string {
  const count = countOf(more, 1);
  if (count !== INDEFINITE) {
    at += count;
    return textBetween(at - count, at);
  }
  let text = '';
  for (let initial = view.getUint8(at++); initial !== 0xff; initial = view.getUint8(at++)) {
    // 3.2.3: chunks are text of known length.
    if (initial >> 5 !== 3 || (initial & 0x1f) === 31) throw fault('a chunk of text that is not text');
    text += readText(initial & 0x1f);
  }
  return text;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textBetween(from: number, to: number): string {
  if (to > bytes.length) throw fault('the payload ends inside an item');
  let ascii = true;
  for (let i = from; i < to && ascii; i++) ascii = bytes[i]! < 0x80;
  if (ascii) return bytes.toString('latin1', from, to);
  try {
    return utf8.decode(bytes.subarray(from, to));
  } catch {
    throw fault('text that is not UTF-8');
  }
}

function readSimple(more: number): unknown {
  switch (more) {
    case 20:
      return false;
    case 21:
      return true;
    case 22:
      return null;
    case 25:
      at += 2;
      return halfOf(view.getUint16(at - 2));
    case 26:
      at += 4;
      return view.getFloat32(at - 4);
    case 27:
      at += 8;
      return view.getFloat64(at - 8);
    case 31:
      return BREAK;
    default:
      throw fault('undefined and other simple values are not taken');
  }
}

/** RFC 8949 appendix D. */
function halfOf(half: number): number {
  const exponent = (half >> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
