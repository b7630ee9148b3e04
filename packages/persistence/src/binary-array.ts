/** Types of fixed length that a batch's columns have. */
const types = {
  int2: { oid: 21, bytes: 2 },
  int4: { oid: 23, bytes: 4 },
  int8: { oid: 20, bytes: 8 },
  float8: { oid: 701, bytes: 8 },
  /** Given in ms since the epoch. */
  timestamptz: { oid: 1184, bytes: 8 },
} as const;

export type BinaryType = keyof typeof types;

const TEXT_OID = 25;
const HEADER_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL = -1;
const TWO_TO_32 = 2 ** 32;
/** Postgres counts microseconds from 2000-01-01. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

/**
 * A column of a batch as one Postgres array in its binary form (array_recv; a Buffer is what the driver sends as binary).
 * Compared with text literals it spares both sides printing and parsing numbers. `read` gives null for NULL. Throws what
 * Postgres would have answered, numeric_value_out_of_range, for a number that the type does not hold.
 */
export function binaryArray<R>(type: BinaryType, rows: readonly R[], read: (row: R) => number | null): Buffer {
  const array = new FixedArray(type, rows.length);
  for (let i = 0; i < rows.length; i++) array.add(read(rows[i]!));
  return array.end();
}

/** As `binaryArray`, with the elements of all rows one after another; the statement cuts them by their counts. */
export function flatArray<R>(type: BinaryType, rows: readonly R[], read: (row: R) => readonly number[]): Buffer {
  let count = 0;
  for (let i = 0; i < rows.length; i++) count += read(rows[i]!).length;
  const array = new FixedArray(type, count);
  for (let i = 0; i < rows.length; i++) {
    const values = read(rows[i]!);
    for (let j = 0; j < values.length; j++) array.add(values[j]!);
  }
  return array.end();
}

/** A column of text. Empty when every element is NULL: `unnest` fills the shorter of its arrays up with NULL. */
export function textArray<R>(rows: readonly R[], read: (row: R) => string | null): Buffer {
  const texts = rows.map(read);
  if (texts.every((text) => text === null)) return emptyOf(TEXT_OID);
  const lengths = texts.map((text) => (text === null ? 0 : Buffer.byteLength(text)));
  const size = lengths.reduce((sum, length) => sum + LENGTH_BYTES + length, HEADER_BYTES);
  const buffer = Buffer.allocUnsafe(size);
  writeHeader(buffer, TEXT_OID, texts.length, texts.includes(null));
  let at = HEADER_BYTES;
  for (const [i, text] of texts.entries()) {
    buffer.writeInt32BE(text === null ? NULL : lengths[i]!, at);
    at += LENGTH_BYTES;
    if (text !== null) at += buffer.write(text, at, 'utf8');
  }
  return buffer;
}

class FixedArray {
  readonly #buffer: Buffer;
  readonly #view: DataView;
  readonly #type: BinaryType;
  #at = HEADER_BYTES;
  #nulls = 0;

  constructor(
    type: BinaryType,
    private readonly count: number,
  ) {
    this.#type = type;
    this.#buffer = Buffer.allocUnsafe(HEADER_BYTES + count * (LENGTH_BYTES + types[type].bytes));
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.length);
  }

  add(value: number | null): void {
    if (value === null) {
      this.#view.setInt32(this.#at, NULL);
      this.#at += LENGTH_BYTES;
      this.#nulls++;
      return;
    }
    const { bytes } = types[this.#type];
    this.#view.setInt32(this.#at, bytes);
    this.#at += LENGTH_BYTES;
    this.#write(value);
    this.#at += bytes;
  }

  /** Empty when every element is NULL, as with text. */
  end(): Buffer {
    const { oid } = types[this.#type];
    if (this.#nulls === this.count) return emptyOf(oid);
    writeHeader(this.#buffer, oid, this.count, this.#nulls > 0);
    return this.#buffer.subarray(0, this.#at);
  }

  #write(value: number): void {
    switch (this.#type) {
      case 'float8':
        this.#view.setFloat64(this.#at, value);
        return;
      case 'int4':
        if ((value | 0) !== value) throw outOfRange(value, 'integer');
        this.#view.setInt32(this.#at, value);
        return;
      case 'int2':
        if ((value << 16) >> 16 !== value) throw outOfRange(value, 'smallint');
        this.#view.setInt16(this.#at, value);
        return;
      case 'int8':
        this.#writeInt8(value);
        return;
      case 'timestamptz':
        this.#writeMicroseconds(value - POSTGRES_EPOCH_MS);
    }
  }

  #writeInt8(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange(value, 'bigint');
    const high = Math.floor(value / TWO_TO_32);
    this.#view.setInt32(this.#at, high);
    this.#view.setUint32(this.#at + 4, value - high * TWO_TO_32);
  }

  /** A double holds the microseconds of three centuries; a device's clock may be further off than that. */
  #writeMicroseconds(ms: number): void {
    if (Number.isSafeInteger(ms * 1_000)) this.#writeInt8(ms * 1_000);
    else if (Number.isInteger(ms)) this.#view.setBigInt64(this.#at, BigInt(ms) * 1_000n);
    else throw outOfRange(ms, 'timestamp');
  }
}

const emptyOf = (oid: number): Buffer => {
  const buffer = Buffer.alloc(12);
  buffer.writeInt32BE(oid, 8);
  return buffer;
};

/** One dimension, which begins at 1. */
const writeHeader = (buffer: Buffer, oid: number, count: number, nulls: boolean): void => {
  buffer.writeInt32BE(1, 0);
  buffer.writeInt32BE(nulls ? 1 : 0, 4);
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
};

const outOfRange = (value: number, type: string): Error =>
  Object.assign(new RangeError(`${value} is out of range for type ${type}`), { code: '22003' });
