import type { Quality } from '../ports/source.js';

export const registerTypes = ['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64'] as const;
export type RegisterType = (typeof registerTypes)[number];

/**
 * Letters name bytes from most (A) to least significant in the order they travel. ABCD is what the protocol says;
 * CDAB swaps words, BADC swaps bytes within each word, DCBA does both. On 64 bits the same two flags apply, so CDAB
 * reads GHEFCDAB.
 */
export const registerOrders = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const;
export type RegisterOrder = (typeof registerOrders)[number];

const WIDTH: Record<RegisterType, number> = {
  int16: 1,
  uint16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
};

/** Registers one value of this type takes. */
export const widthOf = (type: RegisterType): number => WIDTH[type];

export interface ValueFormat {
  type: RegisterType;
  order: RegisterOrder;
  /** value = raw * scale + offset */
  scale: number;
  offset: number;
  /** Raw values that mean "not available", as the type reads them or as the unsigned number of the same bits. */
  sentinels: readonly number[];
}

export interface DecodedValue {
  value: number | null;
  exact?: string;
  quality?: Quality;
}

/** Turns the registers of one point into its value. Never yields NaN or an infinity. */
export function decodeRegisters(registers: ArrayLike<number>, format: ValueFormat): DecodedValue {
  const bytes = inOrder(registers, format.order, widthOf(format.type));
  const raw = rawValue(bytes, format.type);
  if (isSentinel(raw, bytes, format.sentinels)) return { value: null, quality: 'bad.notImplemented' };
  if (typeof raw === 'bigint') return scaleInteger(raw, format);
  return scaled(raw, format);
}

function inOrder(registers: ArrayLike<number>, order: RegisterOrder, width: number): DataView {
  const view = new DataView(new ArrayBuffer(width * 2));
  const wordsSwapped = order === 'CDAB' || order === 'DCBA';
  const bytesSwapped = order === 'BADC' || order === 'DCBA';
  for (let i = 0; i < width; i++) {
    const word = registers[wordsSwapped ? width - 1 - i : i];
    if (word === undefined) throw new RangeError(`value needs ${width} registers, got ${registers.length}`);
    view.setUint16(i * 2, word, bytesSwapped);
  }
  return view;
}

/** Data sheets write the sentinel of an int16 as -32768 or as 0x8000, that of a float as 0x7FC00000. */
function isSentinel(raw: number | bigint, bytes: DataView, sentinels: readonly number[]): boolean {
  return sentinels.length > 0 && (sentinels.includes(Number(raw)) || sentinels.includes(Number(pattern(bytes))));
}

function pattern(bytes: DataView): bigint {
  let bits = 0n;
  for (let i = 0; i < bytes.byteLength; i++) bits = (bits << 8n) | BigInt(bytes.getUint8(i));
  return bits;
}

function rawValue(bytes: DataView, type: RegisterType): number | bigint {
  switch (type) {
    case 'int16':
      return bytes.getInt16(0);
    case 'uint16':
      return bytes.getUint16(0);
    case 'int32':
      return bytes.getInt32(0);
    case 'uint32':
      return bytes.getUint32(0);
    case 'float32':
      return bytes.getFloat32(0);
    case 'float64':
      return bytes.getFloat64(0);
    case 'int64':
      return bytes.getBigInt64(0);
    case 'uint64':
      return bytes.getBigUint64(0);
  }
}

/** Beyond 2^53 a double cannot hold every integer; the exact digits travel beside the rounded value. */
function scaleInteger(raw: bigint, format: ValueFormat): DecodedValue {
  const decoded = scaled(Number(raw), format);
  return isPlain(format) && !Number.isSafeInteger(Number(raw)) ? { ...decoded, exact: raw.toString() } : decoded;
}

const isPlain = ({ scale, offset }: ValueFormat): boolean => scale === 1 && offset === 0;

/** Decimal scales such as 0.1 leave binary dust (-12.3 becomes -12.3000…02); 15 digits are what a double carries exactly. */
function scaled(raw: number, format: ValueFormat): DecodedValue {
  if (!Number.isFinite(raw)) return { value: null, quality: 'bad.nan' };
  if (isPlain(format)) return { value: raw };
  const value = Number((raw * format.scale + format.offset).toPrecision(15));
  return Number.isFinite(value) ? { value } : { value: null, quality: 'bad.outOfRange' };
}
