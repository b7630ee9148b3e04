import { isUtf8 } from 'node:buffer';
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { MAX_DEPTH, MAX_UPLINK_BYTES } from '@muster/contracts/mqtt/uplink';
import { CborFault, decodeCbor } from './decode-cbor.js';

export const encodings = ['json', 'cbor', 'gzip', 'zstd'] as const;
export type Encoding = (typeof encodings)[number];

/** What the first bytes of a payload say. JSON needs no sign of its own: it is whatever is nothing else. */
export function encodingOf(payload: Uint8Array): Encoding {
  const first = payload[0];
  if (first === undefined || first === 0x7b) return 'json';
  // An array or a map, by its length or without one (RFC 8949 3.1), or the tag of RFC 8949 3.4.6.
  if (first >= 0x80 && first <= 0xbf) return 'cbor';
  if (first === 0xd9 && payload[1] === 0xd9 && payload[2] === 0xf7) return 'cbor';
  // RFC 1952 2.3.1, RFC 8878 3.1.1.
  if (first === 0x1f && payload[1] === 0x8b) return 'gzip';
  if (first === 0x28 && payload[1] === 0xb5 && payload[2] === 0x2f && payload[3] === 0xfd) return 'zstd';
  return 'json';
}

export interface PayloadFault {
  readonly code: 'payload_malformed' | 'payload_too_large';
  readonly detail: string;
}

export type DecodedPayload =
  | { readonly body: unknown; readonly bytes: number; readonly binary: boolean }
  | PayloadFault;

/** How much a payload may say: bytes once expanded, and how deep CBOR may be nested. */
export interface PayloadLimits {
  readonly bytes: number;
  readonly depth: number;
}

const OF_ONE_UPLINK: PayloadLimits = { bytes: MAX_UPLINK_BYTES, depth: MAX_DEPTH };

/** The value in a payload, how many bytes it had once expanded, and whether these were CBOR. Never throws. */
export function decodePayload(payload: Uint8Array, limits: PayloadLimits = OF_ONE_UPLINK): DecodedPayload {
  const encoding = encodingOf(payload);
  if (encoding === 'json') return decodeJson(payload);
  if (encoding === 'cbor') return decodeBinary(payload, limits.depth);
  const expanded = expandPayload(payload, limits.bytes);
  if (!(expanded instanceof Uint8Array)) return expanded;
  return encodingOf(expanded) === 'cbor' ? decodeBinary(expanded, limits.depth) : decodeJson(expanded);
}

function decodeJson(payload: Uint8Array): DecodedPayload {
  // Before it becomes text: what is not UTF-8 would be mended.
  if (!isUtf8(payload)) return { code: 'payload_malformed', detail: 'the payload is not UTF-8' };
  try {
    return { body: JSON.parse(asBuffer(payload).toString()), bytes: payload.length, binary: false };
  } catch (error) {
    return { code: 'payload_malformed', detail: error instanceof Error ? error.message : String(error) };
  }
}

const asBuffer = (payload: Uint8Array): Buffer =>
  Buffer.isBuffer(payload) ? payload : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);

function decodeBinary(payload: Uint8Array, depth: number): DecodedPayload {
  try {
    return { body: decodeCbor(payload, depth), bytes: payload.length, binary: true };
  } catch (error) {
    if (error instanceof CborFault) return { code: 'payload_malformed', detail: `CBOR: ${error.message}` };
    throw error;
  }
}

/** A window of 8 MiB is what the highest usual level asks for; the library would take 128 MiB from a few bytes. */
const ZSTD = { [constants.ZSTD_d_windowLogMax]: 23 };

/** The payload without its compression, which it may have none of or one, in at most `most` bytes. Never throws. */
export function expandPayload(payload: Uint8Array, most: number): Uint8Array | PayloadFault {
  const encoding = encodingOf(payload);
  if (encoding === 'json' || encoding === 'cbor') return payload;
  try {
    const expanded =
      encoding === 'gzip'
        ? gunzipSync(payload, { maxOutputLength: most })
        : zstdDecompressSync(payload, { maxOutputLength: most, params: ZSTD });
    const inside = encodingOf(expanded);
    if (inside === 'json' || inside === 'cbor') return expanded;
    return { code: 'payload_malformed', detail: `${inside} inside ${encoding}: one compression is enough` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      return { code: 'payload_too_large', detail: `expands to more than ${most} bytes` };
    return { code: 'payload_malformed', detail: `${encoding}: ${(error as Error).message}` };
  }
}
