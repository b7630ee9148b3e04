import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { isPlace } from '@muster/contracts/mqtt/topics';
import type { ProblemCode } from '@muster/contracts/problem';
import {
  type DoorChannel,
  doorChannels,
  MAX_BATCH_MESSAGES,
  MAX_UNPACKED_BYTES,
} from '@muster/contracts/telemetry/doors.schema';
import { Decoder, Encoder, setSizeLimits } from 'cbor-x';
import { Refusal } from '../../http/refusal.js';

/** One message as a door found it; `fault` when it cannot be an uplink, whoever sent it. */
export interface DoorUplink {
  readonly channel: DoorChannel;
  readonly place: string | null;
  readonly payload: Buffer;
  readonly fault: { readonly code: ProblemCode; readonly detail: string } | null;
}

// A few bytes can claim an array of any length, for which the decoder sets memory aside at once.
setSizeLimits({ maxArraySize: 100_000, maxMapSize: 100_000, maxObjectSize: 100_000 });
const options = { useRecords: false, mapsAsObjects: true, tagUint8Array: false } as const;
const decoder = new Decoder(options);
const encoder = new Encoder(options);
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The messages of a request: one uplink, an array of them, `{messages: […]}`, or one a line. JSON or CBOR, packed by gzip
 * or zstd or not, all told by the first byte. A message that cannot be one is returned with its fault, since the others
 * are fine; what leaves no messages to speak of is refused as a whole.
 * @throws Refusal malformed_json, validation_failed, payload_too_large
 */
export const readUplinks = (body: Buffer, perLine: boolean): DoorUplink[] => {
  const bytes = unpacked(body);
  const messages = perLine ? linesOf(bytes) : messagesOf(bytes);
  if (messages.length === 0) throw fault('/body', 'holds no message');
  if (messages.length > MAX_BATCH_MESSAGES) throw tooMany(messages.length);
  return messages;
};

/** One message in a frame or datagram. What cannot be read goes on as telemetry: the ingest says what is wrong with it. */
export const readUplink = (payload: Buffer): DoorUplink => {
  try {
    return uplinkOf(parsed(unpacked(payload)), payload);
  } catch {
    return { channel: 'telemetry', place: null, payload, fault: null };
  }
};

const unpacked = (bytes: Buffer): Buffer => {
  const unpack = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync : isZstd(bytes) ? zstdDecompressSync : null;
  if (unpack === null) return bytes;
  try {
    return unpack(bytes, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refusal('payload_too_large', `The body unpacks to more than ${MAX_UNPACKED_BYTES} bytes.`);
    throw new Refusal('malformed_json', `The body cannot be unpacked: ${(error as Error).message}.`);
  }
};

/** RFC 8878 3.1.1. */
const isZstd = (bytes: Buffer): boolean => bytes.length > 3 && bytes.readUInt32LE(0) === 0xfd2fb528;

/** A CBOR array or map, or one that says so (RFC 8949 3.4.6); JSON begins with none of these. */
const isCbor = (bytes: Buffer): boolean => (bytes[0]! >= 0x80 && bytes[0]! <= 0xbf) || bytes[0] === 0xd9;

const parsed = (bytes: Buffer): unknown => (isCbor(bytes) ? decoder.decode(bytes) : JSON.parse(utf8.decode(bytes)));

const messagesOf = (bytes: Buffer): DoorUplink[] => {
  let document: unknown;
  try {
    document = parsed(bytes);
  } catch (error) {
    throw new Refusal('malformed_json', `The body is neither JSON nor CBOR: ${(error as Error).message}.`);
  }
  const list = listIn(document);
  if (list === null) return [uplinkOf(document, bytes)];
  const encode = isCbor(bytes)
    ? (one: unknown) => encoder.encode(one)
    : (one: unknown) => Buffer.from(JSON.stringify(one));
  return list.map((one) => uplinkOf(one, encode(one)));
};

/** Null when the document is one message. */
const listIn = (document: unknown): unknown[] | null => {
  if (Array.isArray(document)) return document;
  if (!isObject(document)) throw fault('/body', 'must be a message, an array of messages or {"messages": […]}');
  if (!('messages' in document)) return null;
  if (Array.isArray(document.messages)) return document.messages;
  throw fault('/body/messages', 'must be an array');
};

const linesOf = (bytes: Buffer): DoorUplink[] => {
  const found: DoorUplink[] = [];
  for (let from = 0; from < bytes.length; ) {
    const at = bytes.indexOf(0x0a, from);
    const to = at === -1 ? bytes.length : at;
    const line = bytes.subarray(from, to);
    from = to + 1;
    if (line.toString('latin1').trim() === '') continue;
    if (found.length === MAX_BATCH_MESSAGES) throw tooMany(MAX_BATCH_MESSAGES + 1);
    found.push(readLine(line));
  }
  return found;
};

const readLine = (line: Buffer): DoorUplink => {
  try {
    return uplinkOf(JSON.parse(utf8.decode(line)), line);
  } catch (error) {
    return faulty(line, 'payload_malformed', (error as Error).message);
  }
};

const uplinkOf = (message: unknown, payload: Buffer): DoorUplink => {
  if (!isObject(message)) return faulty(payload, 'payload_malformed', 'the message is not an object');
  const { channel = 'telemetry', place = null } = message;
  return uplinkAs(channel, place, payload);
};

/** A payload that is said to be of `channel` and `place`. */
export const uplinkAs = (channel: unknown, place: unknown, payload: Buffer): DoorUplink => {
  if (!(doorChannels as readonly unknown[]).includes(channel))
    return faulty(payload, 'payload_invalid', `/channel must be one of ${doorChannels.join(', ')}`);
  if (place !== null && (channel !== 'telemetry' || typeof place !== 'string' || !isPlace(place)))
    return faulty(payload, 'payload_invalid', '/place must be 1 to 5 levels such as site/panel, of telemetry');
  return { channel: channel as DoorChannel, place: place as string | null, payload, fault: null };
};

const faulty = (payload: Buffer, code: ProblemCode, detail: string): DoorUplink => ({
  channel: 'telemetry',
  place: null,
  payload,
  fault: { code, detail: detail.slice(0, 500) },
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

const fault = (pointer: string, message: string): Refusal =>
  new Refusal('validation_failed', `${pointer} ${message}.`, undefined, [{ pointer, message }]);

const tooMany = (count: number): Refusal =>
  new Refusal('payload_too_large', `More than ${MAX_BATCH_MESSAGES} messages in one request.`, {
    atLeast: count,
    most: MAX_BATCH_MESSAGES,
  });
