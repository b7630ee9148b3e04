import { isUtf8 } from 'node:buffer';
import { MAX_DEPTH } from '@muster/contracts/mqtt/uplink';
import { decodePayload, encodingOf } from './decode-payload.js';

/** A payload for people who look at it, however broken it is. */
export interface ReadablePayload {
  /** What its first bytes say; `unknown` where they say nothing and the rest is no text. */
  readonly encoding: 'json' | 'cbor' | 'gzip' | 'zstd' | 'unknown';
  /** What it says as JSON, indented where that is short enough; null where it cannot be read or is longer than `MOST_CHARS`. */
  readonly decoded: string | null;
  /** The first `HEX_BYTES` bytes, two digits each, where there is neither text nor a decoded form; else null. */
  readonly hex: string | null;
}

/** As much as a replay may bring back. */
const MOST_CHARS = 200_000;
const HEX_BYTES = 512;

/**
 * Never throws. Numbers are those of JSON: NaN and infinite ones, which CBOR can carry, show as null.
 */
export function readablePayload(payload: Uint8Array): ReadablePayload {
  const text = isUtf8(payload);
  const told = encodingOf(payload);
  const encoding = told === 'json' && !text ? 'unknown' : told;
  const read = decodePayload(payload);
  const decoded = 'code' in read ? null : asJson(read.body);
  const hex = decoded === null && !text ? Buffer.from(payload.subarray(0, HEX_BYTES)).toString('hex') : null;
  return { encoding, decoded, hex };
}

function asJson(body: unknown): string | null {
  // Indents of what is nested a thousand times are a thousand times as long, and writing it takes a stack as deep.
  if (isDeeper(body, 2 * MAX_DEPTH)) return null;
  const pretty = JSON.stringify(body, null, 2);
  const shown = pretty.length <= MOST_CHARS ? pretty : JSON.stringify(body);
  return shown.length <= MOST_CHARS ? shown : null;
}

const isDeeper = (value: unknown, left: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (left === 0 || Object.values(value).some((inside) => isDeeper(inside, left - 1)));
