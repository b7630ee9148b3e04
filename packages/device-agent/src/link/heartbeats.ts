import type { Heartbeat } from '@muster/contracts/mqtt/uplink';
import type { Clock } from '../ports/clock.js';
import type { Numbering } from './numbering.js';

export type HeartbeatFacts = Partial<
  Pick<
    Heartbeat,
    | 'status'
    | 'uptimeS'
    | 'bootId'
    | 'agentVersion'
    | 'firmwareVersion'
    | 'twinVersion'
    | 'connectivity'
    | 'checks'
    | 'power'
    | 'disk'
    | 'buffered'
  >
>;

export interface HeartbeatPorts {
  clock: Clock;
  deviceId: string;
  numbering: Numbering;
  facts: () => Promise<HeartbeatFacts>;
  publish: (payload: string) => Promise<boolean>;
}

/**
 * Beats while connected. `connected` is said with every beat until the server acknowledged one of this session: it makes
 * the server send what waited for the device, and a beat may be lost between broker and server.
 */
export class Heartbeats {
  #intervalMs: number;
  #cancel: (() => void) | null = null;
  #online = false;
  #greeted = false;
  /** Numbers used in this session, to tell its acknowledgements from late ones of the last. */
  #sessionFrom = Number.POSITIVE_INFINITY;

  constructor(
    private readonly ports: HeartbeatPorts,
    intervalS: number,
  ) {
    this.#intervalMs = intervalS * 1000;
  }

  set intervalS(seconds: number) {
    if (seconds * 1000 === this.#intervalMs) return;
    this.#intervalMs = seconds * 1000;
    if (this.#online) this.#plan();
  }

  get epoch(): number {
    return this.ports.numbering.epoch;
  }

  wentOnline(): void {
    this.#online = true;
    this.#greeted = false;
    this.#sessionFrom = Number.POSITIVE_INFINITY;
    void this.beat();
  }

  wentOffline(): void {
    this.#online = false;
    this.#cancel?.();
  }

  acknowledged(ranges: readonly (readonly [number, number])[]): void {
    if (ranges.some(([, to]) => to >= this.#sessionFrom)) this.#greeted = true;
  }

  async beat(reason: Heartbeat['reason'] = this.#greeted ? 'periodic' : 'connected'): Promise<void> {
    this.#plan();
    const facts = await this.ports.facts();
    const seqNo = await this.ports.numbering.next();
    this.#sessionFrom = Math.min(this.#sessionFrom, seqNo);
    await this.ports.publish(JSON.stringify({ ...this.#body(seqNo, reason), ...facts }));
  }

  /** Said by the broker when the session dies, or by ourselves on the way out. It has no number of its own. */
  offline(seqNo = 0): object {
    return this.#body(seqNo, 'offline');
  }

  /** Says good-bye with a real number, so that the server need not wait for silence. */
  async leave(): Promise<void> {
    this.#cancel?.();
    if (this.#online)
      await this.ports.publish(JSON.stringify(this.#body(await this.ports.numbering.next(), 'offline')));
    this.#online = false;
  }

  #body(seqNo: number, reason: Heartbeat['reason']): object {
    const { clock, deviceId, numbering } = this.ports;
    return {
      msgId: `heartbeat.${numbering.epoch}.${seqNo}`,
      deviceId,
      seqNo,
      producedAt: clock.now().toISOString(),
      schemaVersion: 1,
      stream: 'heartbeat',
      epoch: numbering.epoch,
      reason,
    };
  }

  #plan(): void {
    this.#cancel?.();
    this.#cancel = this.ports.clock.after(this.#intervalMs, () => {
      if (this.#online) void this.beat();
    });
  }
}
