import { isPlace } from '@muster/contracts/mqtt/topics';
import { MAX_DEPTH } from '@muster/contracts/mqtt/uplink';
import type { ProblemCode } from '@muster/contracts/problem';
import {
  type DoorChannel,
  doorChannels,
  MAX_BATCH_MESSAGES,
  MAX_UNPACKED_BYTES,
} from '@muster/contracts/telemetry/doors.schema';
import { decodePayload, expandPayload, type PayloadFault } from '@muster/telemetry/decode-payload';
import { encodeCbor } from '@muster/telemetry/encode-cbor';
import { Refusal } from '../../http/refusal.js';

/** What makes a message no uplink. */
export interface DoorFault {
  readonly code: ProblemCode;
  readonly detail: string;
  /** Whether its channel is the one the device meant: else nobody can tell the device which of its messages is refused. */
  readonly ofChannel: boolean;
}

/** One message as a door found it; `fault` when it cannot be an uplink, whoever sent it. */
export interface DoorUplink {
  readonly channel: DoorChannel;
  readonly place: string | null;
  readonly payload: Buffer;
  readonly fault: DoorFault | null;
}

/** A list of messages, which may stand in an object, is two levels around each. */
const OF_A_BATCH = { bytes: MAX_UNPACKED_BYTES, depth: MAX_DEPTH + 2 };

/**
 * The messages of a request: one uplink, an array of them, `{messages: […]}`, or one a line. JSON or CBOR, packed by gzip
 * or zstd or not, all told by the first byte. A message that cannot be one is returned with its fault, since the others
 * are fine; what leaves no messages to speak of is refused as a whole.
 * @throws Refusal malformed_json, validation_failed, payload_too_large
 */
export const readUplinks = (body: Buffer, perLine: boolean): DoorUplink[] => {
  const bytes = expandPayload(body, OF_A_BATCH.bytes);
  if (!(bytes instanceof Uint8Array)) throw refusalOf(bytes);
  const messages = perLine ? linesOf(bufferOf(bytes)) : messagesOf(bufferOf(bytes));
  if (messages.length === 0) throw fault('/body', 'holds no message');
  return messages;
};

/** One message in a frame. What cannot be read goes on as telemetry: the ingest says what is wrong with it. */
export const readUplink = (payload: Buffer): DoorUplink => {
  const decoded = decodePayload(payload);
  if ('code' in decoded) return { channel: 'telemetry', place: null, payload, fault: null };
  return uplinkOf(decoded.body, payload);
};

const refusalOf = ({ code, detail }: PayloadFault): Refusal =>
  new Refusal(code === 'payload_malformed' ? 'malformed_json' : code, `The body cannot be read: ${detail}.`);

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const messagesOf = (bytes: Buffer): DoorUplink[] => {
  const decoded = decodePayload(bytes, OF_A_BATCH);
  if ('code' in decoded) throw refusalOf(decoded);
  const list = listIn(decoded.body);
  if (list === null) return [uplinkOf(decoded.body, bytes)];
  // Before anything is made of each: 8 MiB hold millions of them.
  if (list.length > MAX_BATCH_MESSAGES) throw tooMany(list.length);
  return list.map((one) => {
    const payload = decoded.binary ? encodeCbor(one) : jsonOf(one);
    return payload === null
      ? faulty(Buffer.alloc(0), 'payload_invalid', `nested much deeper than ${MAX_DEPTH}`)
      : uplinkOf(one, payload);
  });
};

/** Null for what is nested so deep that it cannot be written again. */
const jsonOf = (one: unknown): Buffer | null => {
  try {
    return Buffer.from(JSON.stringify(one));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
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
  const decoded = decodePayload(line);
  return 'code' in decoded ? faulty(line, decoded.code, decoded.detail) : uplinkOf(decoded.body, line);
};

const uplinkOf = (message: unknown, payload: Buffer): DoorUplink => {
  if (!isObject(message)) return faulty(payload, 'payload_malformed', 'the message is not an object');
  const { channel = 'telemetry', place = null } = message;
  return uplinkAs(channel, place, payload);
};

/** A payload that is said to be of `channel` and `place`. */
export const uplinkAs = (channel: unknown, place: unknown, payload: Buffer): DoorUplink => {
  if (!isDoorChannel(channel))
    return faulty(payload, 'payload_invalid', `/channel must be one of ${doorChannels.join(', ')}`);
  if (place === null) return { channel, place, payload, fault: null };
  if (channel === 'telemetry' && typeof place === 'string' && isPlace(place))
    return { channel, place, payload, fault: null };
  const detail = '/place must be 1 to 5 levels such as site/panel, of telemetry';
  return { channel, place: null, payload, fault: { code: 'payload_invalid', detail, ofChannel: true } };
};

const isDoorChannel = (channel: unknown): channel is DoorChannel =>
  (doorChannels as readonly unknown[]).includes(channel);

const faulty = (payload: Buffer, code: ProblemCode, detail: string): DoorUplink => ({
  channel: 'telemetry',
  place: null,
  payload,
  fault: { code, detail: detail.slice(0, 500), ofChannel: false },
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fault = (pointer: string, message: string): Refusal =>
  new Refusal('validation_failed', `${pointer} ${message}.`, undefined, [{ pointer, message }]);

const tooMany = (count: number): Refusal =>
  new Refusal('payload_too_large', `More than ${MAX_BATCH_MESSAGES} messages in one request.`, {
    atLeast: count,
    most: MAX_BATCH_MESSAGES,
  });
