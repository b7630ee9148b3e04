import { z } from 'zod';
import { Ack } from '../mqtt/downlink.js';
import { problemCodes } from '../problem.js';

/** Messages in one request of the HTTP door, at most. */
export const MAX_BATCH_MESSAGES = 1_000;
/** Bytes of one request as it comes over the wire, and after it is unpacked. */
export const MAX_BATCH_BYTES = 1024 * 1024;
export const MAX_UNPACKED_BYTES = 8 * 1024 * 1024;

/** What doors beside MQTT take: `channel` and `place` stand in the message, since there is no topic. */
export const doorChannels = ['telemetry', 'heartbeat'] as const;
export type DoorChannel = (typeof doorChannels)[number];

/**
 * Answer of `POST /device/v1/telemetry`, given after the commit. `acks` are what `down/ack` says over MQTT: a device frees
 * its buffer by their ranges alone. `faults` name what was refused by its index in the request; all of it is kept as dead
 * letters, except `rate_limited`, which is kept nowhere and has to be sent again after `pauseUntilMs`.
 */
export const UplinkAnswer = z
  .object({
    v: z.literal(1),
    acks: z.array(Ack),
    faults: z.array(z.object({ index: z.number().int(), code: z.enum(problemCodes), detail: z.string() })),
    pauseUntilMs: z.number().int().optional(),
  })
  .meta({ id: 'UplinkAnswer' });
export type UplinkAnswer = z.infer<typeof UplinkAnswer>;
