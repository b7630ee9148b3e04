import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import { topicFor } from '@muster/contracts/mqtt/topics';
import { MAX_UPLINK_BYTES } from '@muster/contracts/mqtt/uplink';
import type { ProblemCode } from '@muster/contracts/problem';
import { isTransient } from '@muster/persistence/failures';
import { untilCommitted } from '@muster/persistence/until-committed';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { type Decoded, decodeUplink, type Uplink, type UplinkMark } from '@muster/telemetry/decode-uplink';
import { Inject, Injectable } from '@nestjs/common';
import { ACKS, type Acks } from './acks.js';
import { Admission } from './admission.js';
import { DeadLetters } from './dead-letters.js';
import { DeviceRegistry, type RegisteredDevice } from './device-registry.js';
import type { Hold } from './flood-limit.js';
import type { UplinkMessage } from './uplink.js';

export interface UplinkRefusal {
  readonly code: ProblemCode;
  readonly detail: string;
}

/** An uplink that passed every check that does not depend on its channel. */
export interface Accepted<C extends UplinkChannel> {
  readonly message: UplinkMessage;
  readonly uplink: Uplink<C>;
  readonly device: RegisteredDevice;
  readonly producedAt: Date;
}

type Apply<C extends UplinkChannel> = (accepted: Accepted<C>) => Promise<UplinkRefusal | void>;

/** How much of an oversized payload the dead letter keeps. */
const KEPT_BYTES = 1024;

/**
 * What every consumer of uplinks does the same way: decode, prove that tenant and device are who the topic says, apply,
 * acknowledge after the commit. What is refused is dead-lettered, which is a commit too. A consumer needs no more than
 * `return this.intake.take('twin', message, ({ uplink, device }) => …)`.
 */
@Injectable()
export class Intake {
  constructor(
    private readonly registry: DeviceRegistry,
    private readonly deadLetters: DeadLetters,
    private readonly admission: Admission,
    @Inject(ACKS) private readonly acks: Acks,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Resolves when the message is committed one way or the other, with the refusal of one that is a dead letter. `apply`
   * commits by itself, is repeated when the database was away or two transactions collided, and returns a refusal to have
   * the message dead-lettered. A message of a device that floods is held back: `rate_limited`, committed nowhere and
   * acknowledged by nobody, so that its device sends it again.
   */
  async take<C extends UplinkChannel>(
    channel: C,
    message: UplinkMessage,
    apply: Apply<C>,
  ): Promise<UplinkRefusal | null> {
    const hold = this.admission.holdOf(message, channel);
    if (hold !== null) return this.#holdBack(channel, message, hold);
    const decoded = decodeUplink(channel, message.deviceId, message.payload);
    const pauseUntilMs = this.admission.entered(message.deviceId);
    if (pauseUntilMs !== null) this.#pause(message, decoded.mark, pauseUntilMs);
    try {
      return await this.#takeIn(channel, message, decoded, apply);
    } finally {
      this.admission.left();
    }
  }

  /** One promise where the device is known and nothing fails: this runs for every message. */
  async #takeIn<C extends UplinkChannel>(
    channel: C,
    message: UplinkMessage,
    decoded: Decoded<C>,
    apply: Apply<C>,
  ): Promise<UplinkRefusal | null> {
    let device = this.registry.recall(message.deviceId);
    if (device === undefined) device = await untilCommitted(() => this.registry.find(message.deviceId), this.logger);
    if (message.payload.length > MAX_UPLINK_BYTES) return this.#refuseOversized(message, decoded.mark);
    const stranger = refusalOf(message, device);
    if (stranger !== null) return this.refuse(message, stranger, null);
    if (decoded.kind === 'refused') return this.refuse(message, decoded, decoded.mark);

    const { uplink, mark, producedAt } = decoded;
    const accepted = { message, uplink, device: device!, producedAt };
    let outcome: UplinkRefusal | void;
    try {
      outcome = await apply(accepted);
    } catch (error) {
      outcome = await this.#applyAgain(channel, accepted, apply, error);
    }
    if (outcome) return this.refuse(message, outcome, mark);
    if (!isWill(channel, uplink)) this.acks.committed(message, mark.stream, mark.epoch, mark.seqNo);
    return null;
  }

  /** Until the database takes it, or refuses it for good. */
  async #applyAgain<C extends UplinkChannel>(
    channel: C,
    accepted: Accepted<C>,
    apply: Apply<C>,
    failure: unknown,
  ): Promise<UplinkRefusal | void> {
    try {
      if (!isTransient(failure)) throw failure;
      return await untilCommitted(() => apply(accepted), this.logger);
    } catch (error) {
      this.logger.error({ err: error, channel, deviceId: accepted.message.deviceId }, 'an uplink could not be applied');
      return { code: 'internal', detail: error instanceof Error ? error.message : String(error) };
    }
  }

  /**
   * As `take`, for a message that its door found no uplink: to the dead letters, unless its device floods. With `told` its
   * device hears of it as far as its header can be read; its channel has to be the one the device meant.
   */
  turnAway(message: UplinkMessage, refusal: UplinkRefusal, told: boolean): Promise<UplinkRefusal> {
    const { channel, deviceId, payload } = message;
    const hold = this.admission.holdOf(message, channel);
    if (hold !== null) return Promise.resolve(this.#holdBack(channel, message, hold));
    return this.refuse(message, refusal, told ? decodeUplink(channel, deviceId, payload).mark : null);
  }

  /** Commits the message to the dead letters and tells its device why. */
  async refuse(
    message: UplinkMessage,
    { code, detail }: UplinkRefusal,
    mark: UplinkMark | null,
  ): Promise<UplinkRefusal> {
    const { tenant, deviceId, channel, place, payload, receivedAt } = message;
    const topic = topicFor({ tenant, device: deviceId, direction: 'up', channel, place });
    await this.deadLetters.add({ topic, payload, receivedAt, reason: code, detail, deviceId });
    if (mark !== null) this.acks.refused(message, mark.stream, mark.epoch, mark.seqNo, code);
    return { code, detail };
  }

  /** Decoded only to tell the device which stream is meant. */
  #holdBack(channel: UplinkChannel, message: UplinkMessage, { untilMs, tell }: Hold): UplinkRefusal {
    if (tell) this.#pause(message, decodeUplink(channel, message.deviceId, message.payload).mark, untilMs);
    return {
      code: 'rate_limited',
      detail: `too many messages of this device; none before ${new Date(untilMs).toISOString()}`,
    };
  }

  #pause(message: UplinkMessage, mark: UplinkMark | null, pauseUntilMs: number): void {
    if (mark !== null) this.acks.paused(message, mark.stream, mark.epoch, pauseUntilMs);
  }

  #refuseOversized(message: UplinkMessage, mark: UplinkMark | null): Promise<UplinkRefusal> {
    const detail = `${message.payload.length} bytes, ${MAX_UPLINK_BYTES} are allowed`;
    const beginning = { ...message, payload: message.payload.subarray(0, KEPT_BYTES) };
    return this.refuse(beginning, { code: 'payload_too_large', detail }, mark);
  }
}

/** A Will is written before anybody knows when it is sent, so its number stands for no message of the stream. */
const isWill = (channel: UplinkChannel, uplink: object): boolean =>
  channel === 'heartbeat' && 'reason' in uplink && uplink.reason === 'offline';

/** The tenant in a topic is never trusted: it must be the registry's. */
export const refusalOf = (message: UplinkMessage, device: RegisteredDevice | null): UplinkRefusal | null => {
  if (device === null) return { code: 'device_unknown', detail: `no device ${message.deviceId}` };
  if (device.tenant !== message.tenant)
    return { code: 'tenant_mismatch', detail: `the topic says ${message.tenant}, the registry another tenant` };
  return null;
};
