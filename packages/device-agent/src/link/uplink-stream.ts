import type { Ack } from '@muster/contracts/mqtt/downlink';
import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import type { Clock } from '../ports/clock.js';
import type { SegmentBuffer } from '../telemetry/segment-buffer.js';

export interface UplinkStreamOptions {
  channel: UplinkChannel;
  deviceId: string;
  /** Messages published and not yet acknowledged by the application. */
  window: number;
  /** After this long without acknowledgement a message is published again. */
  resendMs: number;
  /** 1 when not given. */
  schemaVersion?: number;
  /** Said in each message where the server has to know which run of the clock its time belongs to. */
  bootId?: string;
}

/** Publishes; false when the message did not reach a broker. */
export type Publish = (channel: UplinkChannel, payload: Uint8Array, place: string | null) => Promise<boolean>;

/** A server that asks for silence is obeyed for this long at most: its clock, or ours, may be far off. */
const MAX_PAUSE_MS = 300_000;

/**
 * A durable uplink: what is offered is kept on disk before it is sent, sent in order within a window, sent again until
 * the application acknowledges it by number, and only then given up. The broker's PUBACK changes nothing here.
 */
export class UplinkStream {
  readonly #inFlight = new Map<number, number>();
  #sentUpTo = 0;
  #online = false;
  #pumping = false;
  #again = false;
  #pausedUntil = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(
    private readonly options: UplinkStreamOptions,
    private readonly buffer: SegmentBuffer,
    private readonly clock: Clock,
    private readonly publish: Publish,
  ) {}

  get backlog(): number {
    return this.buffer.size;
  }

  /** Resolves with the message's number once it is durable; sending happens on its own time. */
  async offer(body: object, place: string | null = null, producedAt: Date = this.clock.now()): Promise<number> {
    const { channel, deviceId, schemaVersion = 1, bootId } = this.options;
    const seqNo = await this.buffer.append((seqNo, epoch) => {
      const header = {
        msgId: `${channel}.${epoch}.${seqNo}`,
        deviceId,
        seqNo,
        producedAt: producedAt.toISOString(),
        schemaVersion,
        stream: channel,
        epoch,
        bootId,
      };
      return Buffer.from(`${place ?? ''}\n${JSON.stringify({ ...header, ...body })}`);
    });
    this.#pump();
    return seqNo;
  }

  wentOnline(): void {
    this.#online = true;
    this.#inFlight.clear();
    this.#sentUpTo = 0;
    this.#pump();
  }

  wentOffline(): void {
    this.#online = false;
    this.#inFlight.clear();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  acknowledged(ack: Ack): void {
    if (ack.stream !== this.options.channel || ack.epoch !== this.buffer.epoch) return;
    // A refused message lies in the dead letters: it has arrived, and sending it again would only repeat the refusal.
    const ranges: [number, number][] = [
      ...ack.ranges,
      ...ack.refused.map(([seqNo]): [number, number] => [seqNo, seqNo]),
    ];
    for (const [from, to] of ranges)
      for (const seqNo of this.#inFlight.keys()) if (from <= seqNo && seqNo <= to) this.#inFlight.delete(seqNo);
    if (ack.pauseUntilMs !== undefined)
      this.#pausedUntil = Math.min(ack.pauseUntilMs, this.clock.now().getTime() + MAX_PAUSE_MS);
    void this.buffer.acknowledge(ack.epoch, ranges);
    this.#pump();
  }

  /** Publishes what the window allows. One run at a time: a call meanwhile makes it look once more. */
  #pump(): void {
    if (this.#pumping) {
      this.#again = true;
      return;
    }
    this.#pumping = true;
    this.#fill()
      .catch(() => undefined)
      .finally(() => {
        this.#pumping = false;
        if (this.#again) {
          this.#again = false;
          this.#pump();
        }
      });
  }

  async #fill(): Promise<void> {
    while (this.#online) {
      const wait = this.#pausedUntil - this.clock.now().getTime();
      if (wait > 0) return this.#wakeIn(wait);
      this.#forgetOverdue();
      const room = this.options.window - this.#inFlight.size;
      const records = room > 0 ? await this.buffer.pending(this.#sentUpTo, room) : [];
      if (records.length === 0 || !this.#online) break;
      for (const { seqNo, body } of records) {
        this.#sentUpTo = seqNo;
        if (this.#inFlight.has(seqNo)) continue;
        this.#inFlight.set(seqNo, this.clock.monotonic());
        const cut = body.indexOf(0x0a);
        const place = cut > 0 ? body.toString('utf8', 0, cut) : null;
        void this.publish(this.options.channel, body.subarray(cut + 1), place);
      }
    }
    if (this.#online && this.#inFlight.size > 0) this.#wakeIn(this.options.resendMs);
  }

  /** What waited too long is offered to the window again, from the oldest on. */
  #forgetOverdue(): void {
    const limit = this.clock.monotonic() - this.options.resendMs;
    for (const [seqNo, sentAt] of this.#inFlight) {
      if (sentAt > limit) continue;
      this.#inFlight.delete(seqNo);
      this.#sentUpTo = Math.min(this.#sentUpTo, seqNo - 1);
    }
  }

  #wakeIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.clock.after(ms, () => this.#pump());
  }
}
