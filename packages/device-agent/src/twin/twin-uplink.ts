import type { Ack } from '@muster/contracts/mqtt/downlink';
import type { Numbering } from '../link/numbering.js';
import type { Clock } from '../ports/clock.js';
import type { TwinBody } from './twin.js';

export interface TwinUplinkPorts {
  clock: Clock;
  deviceId: string;
  numbering: Numbering;
  publish: (payload: string) => Promise<boolean>;
}

const RESEND_MS = 15_000;

/** Tells the newest report until it is acknowledged. Older ones are worth nothing once there is a newer. */
export class TwinUplink {
  #open: { seqNo: number; payload: string } | null = null;
  #cancel: (() => void) | null = null;

  constructor(private readonly ports: TwinUplinkPorts) {}

  async send(body: TwinBody): Promise<void> {
    const { clock, deviceId, numbering } = this.ports;
    const seqNo = await numbering.next();
    const { epoch } = numbering;
    const header = {
      msgId: `twin.${epoch}.${seqNo}`,
      deviceId,
      seqNo,
      producedAt: clock.now().toISOString(),
      schemaVersion: 1,
      stream: 'twin',
      epoch,
    };
    this.#open = { seqNo, payload: JSON.stringify({ ...header, ...body }) };
    await this.#tell();
  }

  acknowledged(ack: Ack): void {
    if (!this.#open || ack.stream !== 'twin' || ack.epoch !== this.ports.numbering.epoch) return;
    const { seqNo } = this.#open;
    const arrived =
      ack.ranges.some(([from, to]) => from <= seqNo && seqNo <= to) || ack.refused.some(([n]) => n === seqNo);
    if (!arrived) return;
    this.#open = null;
    this.#cancel?.();
  }

  stop(): void {
    this.#cancel?.();
    this.#open = null;
  }

  async #tell(): Promise<void> {
    this.#cancel?.();
    if (!this.#open) return;
    this.#cancel = this.ports.clock.after(RESEND_MS, () => void this.#tell());
    await this.ports.publish(this.#open.payload);
  }
}
