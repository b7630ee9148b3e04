import { MAX_BATCH_BYTES, UplinkAnswer } from '@muster/contracts/telemetry/doors.schema';
import type { UplinkRefusal } from '@muster/ingest/intake';
import { PendingAcks } from '@muster/ingest/pending-acks';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Body, Controller, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { CallingDevice, type DeviceCaller, UplinkPace } from '../../device-door/calling-device.js';
import { DeviceGuard } from '../../device-door/device.guard.js';
import { Refusal } from '../../http/refusal.js';
import { DoorIntake } from './door-intake.js';
import { DOOR_LIMITS, type DoorLimits } from './door-limits.js';
import { readUplinks } from './read-uplinks.js';
import { LATE, within } from './within.js';

const PER_LINE = /^application\/(x-ndjson|jsonl)\b/i;
const ENCODINGS = [undefined, 'identity', 'gzip', 'x-gzip', 'zstd'];
/** Where the device was told how long to wait a moment ago and did not heed it. */
const RETRY_AFTER_S = 5;

/** Telemetry and heartbeats in batches over HTTP, answered after their commit. */
@Controller('/device/v1')
export class UplinkController {
  constructor(
    private readonly intake: DoorIntake,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DOOR_LIMITS) private readonly limits: DoorLimits,
  ) {}

  @Post('telemetry')
  @HttpCode(200)
  @UseGuards(DeviceGuard)
  @UplinkPace()
  @RouteConfig({ rawBody: true, bodyLimit: MAX_BATCH_BYTES })
  async take(
    @CallingDevice() device: DeviceCaller,
    @Req() request: FastifyRequest,
    @Body() body: Buffer | undefined,
  ): Promise<UplinkAnswer> {
    const { 'content-type': type = '', 'content-encoding': encoding } = request.headers;
    if (!ENCODINGS.includes(encoding?.toLowerCase()))
      throw new Refusal('unsupported_media_type', `Content-Encoding ${encoding}; gzip and zstd are read.`);
    if (!Buffer.isBuffer(body)) throw new Refusal('unsupported_media_type', 'Send JSON, CBOR or JSON lines.');
    const uplinks = readUplinks(body, PER_LINE.test(type));
    if (!this.intake.hasRoom(uplinks.length)) throw new Refusal('unavailable', 'Too much waits for its commit.');
    const acks = new PendingAcks();
    const taken = uplinks.map((uplink) => this.intake.take(device, uplink, acks));
    const outcomes = await within(Promise.all(taken), this.limits.httpAnswerMs);
    // What was committed until now stays so: the device sends all of it again, and that is a duplicate.
    if (outcomes === LATE) throw new Refusal('unavailable', 'The commit takes too long; send it again.');
    return this.#answer(acks, outcomes);
  }

  #answer(pending: PendingAcks, outcomes: readonly (UplinkRefusal | null)[]): UplinkAnswer {
    const acks = pending.take();
    const until = acks.reduce((latest, { pauseUntilMs = 0 }) => Math.max(latest, pauseUntilMs), 0);
    const held = outcomes.filter((outcome) => outcome?.code === 'rate_limited').length;
    if (held === outcomes.length) {
      const waitS = Math.ceil((until - this.clock.now().getTime()) / 1_000);
      throw Refusal.tooMany('messages of this device', until === 0 ? RETRY_AFTER_S : Math.max(1, waitS));
    }
    const faults = outcomes.flatMap((outcome, index) => (outcome === null ? [] : [{ index, ...outcome }]));
    return UplinkAnswer.parse({ v: 1, acks, faults, ...(until === 0 ? {} : { pauseUntilMs: until }) });
  }
}
