import { PendingAcks } from '@muster/ingest/pending-acks';
import type { Clock } from '@muster/runtime/clock/clock';
import type { WebSocket } from 'ws';
import type { KnownDevice } from '../../device-door/device-identity.js';
import type { Log } from '../../http/log.js';
import type { DoorIntake } from './door-intake.js';
import type { DoorLimits } from './door-limits.js';
import { readUplink } from './read-uplinks.js';

/** What a session needs of its process. */
export interface SessionParts {
  readonly intake: DoorIntake;
  readonly clock: Clock;
  readonly limits: DoorLimits;
  readonly log: Log;
}

/** Acknowledgements that come within this time of the first go out with it. */
const GATHER_MS = 20;
/** A device that reads none of its acknowledgements is let go of when so many bytes wait for it. */
const MOST_UNREAD = 1024 * 1024;
/** How long a peer may take to say good-bye before its socket is cut. */
const GOODBYE_MS = 2_000;
const DAY_MS = 86_400_000;

/** One WebSocket of one device: frames in, acknowledgements out, both bounded. */
export class StreamSession {
  readonly #acks = new PendingAcks();
  readonly #timers = { acks: undefined, idle: undefined, end: undefined } as Record<
    'acks' | 'idle' | 'end',
    NodeJS.Timeout | undefined
  >;
  #underWay = 0;
  #ending = false;
  #ackedAt = Number.NEGATIVE_INFINITY;
  #heardAt: number;
  #settled: (() => void)[] = [];

  constructor(
    private readonly socket: WebSocket,
    readonly device: KnownDevice,
    private readonly parts: SessionParts,
  ) {
    this.#heardAt = parts.clock.monotonic();
    socket.on('message', (data: Buffer) => void this.#take(data));
    socket.on('pong', () => this.#heard());
    // What a peer does wrong ends the session with the code RFC 6455 7.4.1 gives it.
    socket.on('error', () => {});
    socket.on('close', () => this.#gone());
    this.#watchIdle();
    this.#watchEnd();
  }

  /** Ends the session; `code` as in RFC 6455 7.4, from 4000 on our own. */
  end(code: number, reason: string): void {
    this.#ending = true;
    this.socket.close(code, reason);
    setTimeout(() => this.socket.terminate(), GOODBYE_MS).unref();
  }

  /** Takes nothing more, waits for what is under way, says what is committed, and ends. */
  async leave(): Promise<void> {
    this.#ending = true;
    this.socket.pause();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.parts.limits.shutdownMs);
    this.#settled.push(resolve);
    if (this.#underWay > 0) await promise;
    clearTimeout(timer);
    this.#sendAcks();
    this.socket.resume();
    this.end(1001, 'the server goes down');
  }

  async #take(data: Buffer): Promise<void> {
    // Whatever comes after the end was announced stays the device's.
    if (this.#ending) return;
    this.#heard();
    const { intake, limits, log } = this.parts;
    if (++this.#underWay >= limits.streamUnderWay && !this.socket.isPaused) this.socket.pause();
    try {
      if (!intake.hasRoom()) {
        this.socket.pause();
        await intake.room();
      }
      await intake.take(this.device, readUplink(data), this.#acks);
    } catch (error) {
      log.error({ err: error, deviceId: this.device.deviceId }, 'an uplink was not committed');
    } finally {
      this.#underWay--;
      this.#goOn();
    }
  }

  #goOn(): void {
    if (this.#underWay === 0) for (const settled of this.#settled.splice(0)) settled();
    if (this.#ending) return;
    if (this.socket.isPaused && this.#underWay <= this.parts.limits.streamUnderWay >> 1) this.socket.resume();
    if (!this.#acks.isEmpty) this.#planAcks();
  }

  #planAcks(): void {
    if (this.#timers.acks !== undefined) return;
    const { clock, limits } = this.parts;
    const waitMs = Math.max(GATHER_MS, this.#ackedAt + limits.streamAckMs - clock.monotonic());
    this.#timers.acks = setTimeout(() => this.#sendAcks(), waitMs);
  }

  #sendAcks(): void {
    clearTimeout(this.#timers.acks);
    this.#timers.acks = undefined;
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > MOST_UNREAD) return this.socket.terminate();
    this.#ackedAt = this.parts.clock.monotonic();
    for (const ack of this.#acks.take()) this.socket.send(JSON.stringify(ack));
  }

  #heard(): void {
    this.#heardAt = this.parts.clock.monotonic();
  }

  /** A paused socket reads no pong either, so silence counts only while we listen. */
  #watchIdle(): void {
    const { clock, limits } = this.parts;
    this.#timers.idle = setTimeout(() => {
      if (this.socket.isPaused) this.#heard();
      if (clock.monotonic() - this.#heardAt >= limits.streamIdleMs) return this.socket.terminate();
      if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
      this.#watchIdle();
    }, limits.streamIdleMs / 2);
  }

  /** The session ends with its certificate. Timers hold at most 24 days, so a long wait is taken in days. */
  #watchEnd(): void {
    const leftMs = this.device.notAfter.getTime() - this.parts.clock.now().getTime();
    if (leftMs <= 0) return this.end(1008, 'certificate_expired');
    this.#timers.end = setTimeout(() => this.#watchEnd(), Math.min(leftMs, DAY_MS));
  }

  #gone(): void {
    this.#ending = true;
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
  }
}
