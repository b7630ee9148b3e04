import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import { schemaVersions, uplinkSchemas } from '@muster/contracts/mqtt/uplink';
import type { ProblemCode } from '@muster/contracts/problem';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { z } from 'zod';

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

const ajv = new Ajv2020({ allErrors: false, strict: false });

/** zod stays the one source; per message it would cost 2 to 10 µs where the compiled form costs under 1. */
const validators = Object.fromEntries(
  Object.entries(uplinkSchemas).map(([channel, schema]) => [
    channel,
    ajv.compile(z.toJSONSchema(schema, { io: 'input' })),
  ]),
) as Record<UplinkChannel, ValidateFunction>;

/** Reads a payload as an uplink of `channel` from `deviceId`. Never throws: everything wrong comes back as a refusal. */
export function decodeUplink<C extends UplinkChannel>(channel: C, deviceId: string, payload: Uint8Array): Decoded<C> {
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(payload));
  } catch (error) {
    return refused('payload_malformed', error instanceof Error ? error.message : String(error), null);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return refused('payload_malformed', 'the payload is not a JSON object', null);

  const header = body as Record<string, unknown>;
  const mark = markOf(channel, header);
  // Before the shape: a version we do not know may have any shape.
  const { oldest, newest } = schemaVersions[channel];
  const version = header.schemaVersion;
  if (typeof version === 'number' && (version < oldest || version > newest))
    return refused('schema_version_unknown', `schemaVersion ${version}; ${oldest} to ${newest} are supported`, mark);

  const validate = validators[channel];
  if (!validate(body)) {
    const fault = validate.errors?.[0];
    return refused('payload_invalid', `${fault?.instancePath || '/'} ${fault?.message ?? 'is invalid'}`, mark);
  }
  const uplink = body as Uplink<C>;
  if (uplink.deviceId !== deviceId)
    return refused(
      'identity_mismatch',
      `the payload says device ${uplink.deviceId}, the certificate ${deviceId}`,
      mark,
    );
  const producedAt = new Date(uplink.producedAt);
  if (Number.isNaN(producedAt.getTime()))
    return refused('payload_invalid', '/producedAt is not a date of the calendar', mark);
  return { kind: 'decoded', uplink, mark: mark!, producedAt };
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

const refused = (code: ProblemCode, detail: string, mark: UplinkMark | null) =>
  ({ kind: 'refused', code, detail: detail.slice(0, 500), mark }) as const;

const markOf = (channel: UplinkChannel, header: Record<string, unknown>): UplinkMark | null => {
  const { seqNo, epoch = 0, stream = channel } = header;
  const readable = Number.isSafeInteger(seqNo) && Number.isSafeInteger(epoch) && typeof stream === 'string';
  return readable ? { stream: stream.slice(0, 32), epoch: epoch as number, seqNo: seqNo as number } : null;
};
