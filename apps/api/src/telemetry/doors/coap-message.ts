import { generate, type ParsedPacket, parse } from 'coap-packet';

/** One confirmable request as RFC 7252 has it. */
export interface CoapRequest {
  readonly code: string;
  readonly messageId: number;
  readonly token: Buffer;
  readonly path: readonly string[];
  /** Content-Format the answer shall have; null when the client does not care. */
  readonly accept: number | null;
  readonly block: Block | null;
  /** A critical option nobody here understands (RFC 7252 5.4.1). */
  readonly badOption: boolean;
  readonly payload: Buffer;
}

/** A block of a request body (RFC 7959 2.2); `offset` and `size` in bytes. */
export interface Block {
  readonly offset: number;
  readonly size: number;
  readonly more: boolean;
  /** The option as it came, to be said back. */
  readonly raw: Buffer;
}

export interface CoapAnswer {
  readonly code: string;
  readonly payload?: Buffer;
  readonly format?: number;
  /** Seconds; with 5.03 and 4.29, when to come again (RFC 7252 5.9.3.4, RFC 8516 3). */
  readonly maxAgeS?: number;
  readonly block?: Buffer;
  /** With 4.13: the most that is taken (RFC 7959 2.9.3). */
  readonly size1?: number;
}

export const formats = { json: 50, cbor: 60 } as const;

const EMPTY = '0.00';
/** Options that may stand in a request to us; of the others the even ones may be ignored. */
const KNOWN = ['Uri-Host', 'Uri-Port', 'Uri-Path', 'Uri-Query', 'Accept', 'Block1', 'Block2'];
const CRITICAL_NAMES = ['If-Match', 'If-None-Match', 'OSCORE', 'Proxy-Uri', 'Proxy-Scheme', 'Q-Block1', 'Q-Block2'];

/** `reset` is the message to answer with at once; `nothing` is for what is not worth a word. */
export type CoapArrival =
  | { readonly kind: 'request'; readonly request: CoapRequest }
  | { readonly kind: 'reset'; readonly datagram: Buffer }
  | { readonly kind: 'nothing' };

/** Reads a datagram. Only confirmable requests are taken: what nobody acknowledges need not be sent (RFC 7252 4.3). */
export const readDatagram = (datagram: Buffer): CoapArrival => {
  const packet = tryParse(datagram);
  if (packet === null || packet.ack || packet.reset) return { kind: 'nothing' };
  // An empty confirmable message is a ping (RFC 7252 4.3).
  if (packet.code === EMPTY || !packet.confirmable) return { kind: 'reset', datagram: resetOf(packet) };
  if (!packet.code.startsWith('0.')) return { kind: 'nothing' };
  const values = (name: string): Buffer[] =>
    packet.options.filter((one) => one.name === name).map(({ value }) => value);
  const [block] = values('Block1');
  const [accept] = values('Accept');
  const { code, messageId, token, payload } = packet;
  return {
    kind: 'request',
    request: {
      ...{ code, messageId, token, payload },
      path: values('Uri-Path').map((segment) => segment.toString('utf8')),
      accept: accept === undefined ? null : uintOf(accept),
      block: block === undefined ? null : blockOf(block),
      badOption: packet.options.some(isBad) || (block !== undefined && (block.length > 3 || szxOf(block) === 7)),
    },
  };
};

/** The answer as it goes out, inside the acknowledgement of its request (RFC 7252 5.2.1). */
export const writeAnswer = ({ messageId, token }: CoapRequest, answer: CoapAnswer): Buffer => {
  const { code, payload = Buffer.alloc(0), format, maxAgeS, block, size1 } = answer;
  const options = [
    ...(format === undefined ? [] : [{ name: 'Content-Format' as const, value: uint(format) }]),
    ...(maxAgeS === undefined ? [] : [{ name: 'Max-Age' as const, value: uint(maxAgeS) }]),
    ...(block === undefined ? [] : [{ name: 'Block1' as const, value: block }]),
    ...(size1 === undefined ? [] : [{ name: 'Size1' as const, value: uint(size1) }]),
  ];
  return generate({ code, messageId, token, payload, options, ack: true, confirmable: false, reset: false });
};

const tryParse = (datagram: Buffer): ParsedPacket | null => {
  try {
    return parse(datagram);
  } catch {
    return null;
  }
};

const resetOf = ({ messageId }: ParsedPacket): Buffer =>
  generate({
    code: EMPTY,
    messageId,
    token: Buffer.alloc(0),
    payload: Buffer.alloc(0),
    reset: true,
    ack: false,
    confirmable: false,
  });

const isBad = ({ name }: ParsedPacket['options'][number]): boolean => {
  if (typeof name === 'number') return name % 2 === 1;
  if (/^\d+$/.test(name)) return Number(name) % 2 === 1;
  return !KNOWN.includes(name) && CRITICAL_NAMES.includes(name);
};

const szxOf = (option: Buffer): number => (option.at(-1) ?? 0) & 7;

const blockOf = (raw: Buffer): Block => {
  const value = uintOf(raw);
  const size = 2 ** (szxOf(raw) + 4);
  return { offset: (value >>> 4) * size, size, more: (value & 8) !== 0, raw };
};

/** RFC 7252 3.2: big-endian without leading zeros, at most four bytes here. */
const uintOf = (bytes: Buffer): number => bytes.subarray(0, 4).reduce((n, byte) => n * 256 + byte, 0);

const uint = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  const from = bytes.findIndex((byte) => byte !== 0);
  return from === -1 ? Buffer.alloc(0) : bytes.subarray(from);
};
