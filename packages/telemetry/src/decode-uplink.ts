import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import {
  MAX_DEPTH,
  MAX_VALUES,
  schemaVersions,
  type uplinkSchemas,
  uplinkVersions,
} from '@muster/contracts/mqtt/uplink';
import type { ProblemCode } from '@muster/contracts/problem';
import type { z } from 'zod';
import { compileValidator, type Validate } from './compile-validator.js';
import { decodeInstant } from './decode-instant.js';
import { decodePayload } from './decode-payload.js';
import { faultOfReadings } from './decode-readings.js';
import { type Migration, stepsFrom } from './versions.js';

export type Uplink<C extends UplinkChannel> = z.infer<(typeof uplinkSchemas)[C]>;

/** Enough of a header to tell the device which message is meant. */
export interface UplinkMark {
  readonly stream: string;
  readonly epoch: number;
  readonly seqNo: number;
}

export type Decoded<C extends UplinkChannel> =
  | { readonly kind: 'decoded'; readonly uplink: Uplink<C>; readonly mark: UplinkMark; readonly producedAt: Date }
  | { readonly kind: 'refused'; readonly code: ProblemCode; readonly detail: string; readonly mark: UplinkMark | null };

interface Version {
  readonly validate: Validate;
  /**
   * The same for what came as CBOR. Objects made by JSON.parse are laid out unlike any others, and one function that sees
   * both kinds takes twice as long for either.
   */
  readonly validateBinary: Validate;
  readonly steps: readonly Migration[];
}

const compiled = (channel: UplinkChannel): readonly (Version | undefined)[] => {
  const known: Version[] = [];
  for (const { version, schema } of uplinkVersions[channel])
    known[version] = {
      validate: compileValidator(schema),
      validateBinary: compileValidator(schema),
      steps: stepsFrom(channel, version),
    };
  return known;
};

/** By channel and version number. */
const versions: Record<UplinkChannel, readonly (Version | undefined)[]> = {
  heartbeat: compiled('heartbeat'),
  telemetry: compiled('telemetry'),
  twin: compiled('twin'),
  command: compiled('command'),
  execution: compiled('execution'),
  trust: compiled('trust'),
};

/**
 * Reads a payload as an uplink of `channel` from `deviceId`, in any encoding and version that is understood, and gives it as
 * one of the newest version. Never throws: everything wrong comes back as a refusal that names field and rule.
 */
export function decodeUplink<C extends UplinkChannel>(channel: C, deviceId: string, payload: Uint8Array): Decoded<C> {
  const decoded = decodePayload(payload);
  if ('code' in decoded) return refused(decoded.code, decoded.detail, null);
  const { body, bytes, binary } = decoded;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return refused('payload_malformed', 'the payload is not an object', null);

  const header = body as Record<string, unknown>;
  const mark = markOf(channel, header);
  // Before the shape: a version we do not know may have any shape.
  const number = header.schemaVersion;
  const version = typeof number === 'number' ? versions[channel][number] : versions[channel].at(-1)!;
  if (version === undefined) return refused(...unknownVersion(channel, number as number), mark);

  const fault = (binary ? version.validateBinary(body) : version.validate(body)) ?? faultOfDepth(header);
  if (fault !== null) return refused('payload_invalid', fault, mark);
  let message = body;
  for (let i = 0; i < version.steps.length; i++) message = version.steps[i]!.migrate(message as never);
  const uplink = message as Uplink<C>;
  if (uplink.deviceId !== deviceId)
    return refused(
      'identity_mismatch',
      `the payload says device ${uplink.deviceId}, the certificate ${deviceId}`,
      mark,
    );
  // Lists came with version 2, and a value takes a byte at least.
  if (channel === 'telemetry' && (number !== 1 || bytes > MAX_VALUES)) {
    const wrong = faultOfReadings((uplink as Uplink<'telemetry'>).readings);
    if (wrong !== null) return refused('payload_invalid', wrong, mark);
  }
  const producedAt = decodeInstant(uplink.producedAt);
  if (Number.isNaN(producedAt)) return refused('payload_invalid', '/producedAt is not a date of the calendar', mark);
  return { kind: 'decoded', uplink, mark: mark!, producedAt: new Date(producedAt) };
}

const refused = (code: ProblemCode, detail: string, mark: UplinkMark | null) =>
  ({ kind: 'refused', code, detail: detail.slice(0, 500), mark }) as const;

const unknownVersion = (channel: UplinkChannel, number: number): [ProblemCode, string] => {
  const { oldest, newest } = schemaVersions[channel];
  if (!Number.isInteger(number)) return ['payload_invalid', '/schemaVersion must be integer'];
  return ['schema_version_unknown', `schemaVersion ${number}; ${oldest} to ${newest} are supported`];
};

/** What the schema leaves open is where a message can be deep; readings it describes to the end. */
function faultOfDepth(header: Record<string, unknown>): string | null {
  for (const field in header) {
    const value = header[field];
    if (typeof value === 'object' && value !== null && field !== 'readings' && isDeeper(value, MAX_DEPTH - 1))
      return `/${field} nested deeper than ${MAX_DEPTH}`;
  }
  return null;
}

function isDeeper(value: object, left: number): boolean {
  if (left === 0) return true;
  for (const inside of Object.values(value))
    if (typeof inside === 'object' && inside !== null && isDeeper(inside, left - 1)) return true;
  return false;
}

const markOf = (channel: UplinkChannel, header: Record<string, unknown>): UplinkMark | null => {
  const { seqNo, epoch = 0, stream = channel } = header;
  const readable = isCount(seqNo) && isCount(epoch) && typeof stream === 'string';
  return readable ? { stream: stream.slice(0, 32), epoch: epoch as number, seqNo: seqNo as number } : null;
};

/** An acknowledgement, too, has a form, and what is below zero is no number of a message. */
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
