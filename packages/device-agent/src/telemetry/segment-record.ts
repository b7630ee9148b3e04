/**
 * One record in a segment: `magic u16 | length u32 | crc32 u32 | seqNo u64 | body`, little endian. The checksum covers
 * length, seqNo and body, so that neither a torn write nor a flipped length passes.
 */
import { crc32 } from 'node:zlib';

const MAGIC = 0x524d;
const HEADER = 18;
const MAX_BODY = 1 << 20;

export interface BufferedRecord {
  seqNo: number;
  body: Buffer;
}

export const recordBytes = (body: Uint8Array): number => HEADER + body.length;

export function encodeRecord(seqNo: number, body: Uint8Array): Buffer {
  if (body.length > MAX_BODY) throw new RangeError(`record of ${body.length} bytes is over ${MAX_BODY}`);
  const record = Buffer.allocUnsafe(HEADER + body.length);
  record.writeUInt16LE(MAGIC, 0);
  record.writeUInt32LE(body.length, 2);
  record.writeBigUInt64LE(BigInt(seqNo), 10);
  record.set(body, HEADER);
  record.writeUInt32LE(checksum(record, body.length), 6);
  return record;
}

const checksum = (record: Buffer, length: number): number =>
  crc32(record.subarray(10, HEADER + length), crc32(record.subarray(2, 6)));

/**
 * Every intact record, in file order. After a damaged place it looks for the next intact record; `goodEnd` is where the
 * last one ends, so that a torn tail can be cut off, and `damaged` counts the bytes skipped before it.
 */
export function scanRecords(bytes: Buffer): { records: BufferedRecord[]; goodEnd: number; damaged: number } {
  const records: BufferedRecord[] = [];
  let at = 0;
  let goodEnd = 0;
  let damaged = 0;
  while (at + HEADER <= bytes.length) {
    const record = recordAt(bytes, at);
    if (!record) {
      at++;
      continue;
    }
    damaged += at - goodEnd;
    records.push(record);
    at += recordBytes(record.body);
    goodEnd = at;
  }
  return { records, goodEnd, damaged };
}

function recordAt(bytes: Buffer, at: number): BufferedRecord | null {
  if (bytes.readUInt16LE(at) !== MAGIC) return null;
  const length = bytes.readUInt32LE(at + 2);
  if (length > MAX_BODY || at + HEADER + length > bytes.length) return null;
  const record = bytes.subarray(at, at + HEADER + length);
  if (record.readUInt32LE(6) !== checksum(record, length)) return null;
  return { seqNo: Number(record.readBigUInt64LE(10)), body: record.subarray(HEADER) };
}
