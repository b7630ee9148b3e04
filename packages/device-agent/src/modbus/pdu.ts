/**
 * The Modbus protocol data unit for the two read functions (Modbus Application Protocol V1.1b3, 6.3 and 6.4).
 * A PDU is the same over TCP and RTU; framing lives beside it.
 */
export const READ_HOLDING = 3;
export const READ_INPUT = 4;
export type ReadFunction = typeof READ_HOLDING | typeof READ_INPUT;

export type Table = 'holding' | 'input';
export const readFunctionOf = (table: Table): ReadFunction => (table === 'holding' ? READ_HOLDING : READ_INPUT);

/** The largest quantity FC 3 and 4 allow in one request. */
export const MAX_REGISTERS = 125;

export interface ReadRequest {
  fn: ReadFunction;
  /** Wire address, 0 to 65535. */
  address: number;
  quantity: number;
}

export type ReadAnswer =
  | { kind: 'registers'; registers: Uint16Array }
  | { kind: 'exception'; code: number }
  | { kind: 'malformed'; detail: string };

/** Encodes a read request. Throws RangeError when it could never be answered. */
export function encodeRead({ fn, address, quantity }: ReadRequest): Buffer {
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > MAX_REGISTERS)
    throw new RangeError(`quantity ${quantity} is not 1 to ${MAX_REGISTERS}`);
  if (!Number.isInteger(address) || address < 0 || address + quantity > 65_536)
    throw new RangeError(`registers ${address} to ${address + quantity - 1} are outside 0 to 65535`);
  const pdu = Buffer.allocUnsafe(5);
  pdu.writeUInt8(fn, 0);
  pdu.writeUInt16BE(address, 1);
  pdu.writeUInt16BE(quantity, 3);
  return pdu;
}

/**
 * Reads the answer to exactly this request. An answer with another function or byte count is malformed, never a shorter
 * list of values: both leading npm clients hand a short answer on as success.
 */
export function decodeRead(request: ReadRequest, pdu: Uint8Array): ReadAnswer {
  if (pdu.length < 2) return { kind: 'malformed', detail: 'answer shorter than two bytes' };
  const fn = pdu[0]!;
  if (fn === (request.fn | 0x80)) {
    if (pdu.length !== 2) return { kind: 'malformed', detail: 'exception answer is not two bytes' };
    return { kind: 'exception', code: pdu[1]! };
  }
  if (fn !== request.fn) return { kind: 'malformed', detail: `function ${fn} answers function ${request.fn}` };
  const bytes = request.quantity * 2;
  if (pdu[1] !== bytes) return { kind: 'malformed', detail: `byte count ${pdu[1]} where ${bytes} was asked` };
  if (pdu.length !== 2 + bytes)
    return { kind: 'malformed', detail: `${pdu.length - 2} data bytes where ${bytes} were announced` };
  const registers = new Uint16Array(request.quantity);
  for (let i = 0; i < request.quantity; i++) registers[i] = (pdu[2 + 2 * i]! << 8) | pdu[3 + 2 * i]!;
  return { kind: 'registers', registers };
}

const EXCEPTIONS: Record<number, string> = {
  1: 'illegal function',
  2: 'illegal data address',
  3: 'illegal data value',
  4: 'device failure',
  5: 'acknowledge',
  6: 'device busy',
  8: 'memory parity error',
  10: 'gateway path unavailable',
  11: 'gateway target did not respond',
};

export const exceptionName = (code: number): string => EXCEPTIONS[code] ?? `exception ${code}`;
