import type { Acks, Addressee } from '@muster/ingest/acks';
import { HeartbeatIntake } from '@muster/ingest/heartbeat-intake';
import { Intake, type UplinkRefusal } from '@muster/ingest/intake';
import { TelemetryIntake } from '@muster/ingest/telemetry-intake';
import type { UplinkMessage } from '@muster/ingest/uplink';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { DeviceCaller } from '../../device-door/calling-device.js';
import { DOOR_LIMITS, type DoorLimits } from './door-limits.js';
import type { DoorUplink } from './read-uplinks.js';

/** A message that knows whom to tell of its commit. */
interface DoorMessage extends UplinkMessage {
  readonly answer: Acks;
}

/** Acknowledgements of the doors go back to the request or session the message came with. */
@Injectable()
export class DoorAcks implements Acks {
  committed(device: Addressee, ...said: [stream: string, epoch: number, seqNo: number]): void {
    (device as DoorMessage).answer.committed(device, ...said);
  }

  refused(device: Addressee, ...said: [string, number, number, Parameters<Acks['refused']>[4]]): void {
    (device as DoorMessage).answer.refused(device, ...said);
  }

  paused(device: Addressee, ...said: [stream: string, epoch: number, pauseUntilMs: number]): void {
    (device as DoorMessage).answer.paused(device, ...said);
  }
}

/** The way of every door beside MQTT into the ingest, with one bound for all of them. */
@Injectable()
export class DoorIntake {
  #underWay = 0;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly telemetry: TelemetryIntake,
    private readonly heartbeats: HeartbeatIntake,
    private readonly intake: Intake,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DOOR_LIMITS) private readonly limits: DoorLimits,
  ) {}

  /** For the statistics of the ingest: of all these doors together. */
  get gauge(): { waiting: number; paused: boolean } {
    return { waiting: this.#underWay, paused: !this.hasRoom() };
  }

  hasRoom(count = 1): boolean {
    return this.#underWay + count <= this.limits.underWay;
  }

  /** Resolves when there was room for one more. */
  async room(): Promise<void> {
    while (!this.hasRoom()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves as the intake of the channel does; `answer` has heard of it before. */
  async take(device: DeviceCaller, uplink: DoorUplink, answer: Acks): Promise<UplinkRefusal | null> {
    this.#underWay++;
    try {
      return await this.#takeIn(device, uplink, answer);
    } finally {
      this.#underWay--;
      this.#waiting.shift()?.();
    }
  }

  async #takeIn(device: DeviceCaller, uplink: DoorUplink, answer: Acks): Promise<UplinkRefusal | null> {
    const { tenantId: tenant, deviceId, fingerprint, address } = device;
    const { channel, place, payload, fault } = uplink;
    const receivedAt = this.clock.now();
    const from = { tenant, deviceId, fingerprint, address };
    const message: DoorMessage = { ...from, channel, place, payload, receivedAt, answer };
    if (fault !== null)
      return this.intake.turnAway(message, { code: fault.code, detail: fault.detail }, fault.ofChannel);
    return channel === 'heartbeat' ? this.heartbeats.take(message) : this.telemetry.take(message);
  }
}
