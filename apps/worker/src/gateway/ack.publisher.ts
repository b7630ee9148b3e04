import type { ProblemCode } from '@muster/contracts/problem';
import type { Acks, Addressee } from '@muster/ingest/acks';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { RangeSet } from '@muster/telemetry/range-set';
import { Inject, Injectable } from '@nestjs/common';
import { Downlink } from './downlink.publisher.js';

interface Pending {
  readonly to: Addressee;
  readonly stream: string;
  readonly epoch: number;
  readonly committed: RangeSet;
  readonly refused: [number, ProblemCode][];
  pauseUntilMs?: number;
}

/** Acknowledgements of one device and stream go out together, this often. */
const COALESCE_MS = 1_000;
/** A device that sends this much within the time is answered at once. */
const MOST_REFUSED = 200;

/**
 * Tells devices what is committed, which is the only thing that lets them free their buffers. Refused messages are
 * committed too, to the dead letters, and say why.
 */
@Injectable()
export class AckPublisher implements Acks {
  /** By device; one has few streams. */
  readonly #pending = new Map<string, Pending[]>();
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly downlink: Downlink,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Call after the commit: stored, duplicate and dead-lettered all count. */
  committed(device: Addressee, stream: string, epoch: number, seqNo: number): void {
    this.#of(device, stream, epoch).committed.add(seqNo);
  }

  /** The message is committed and was refused with `code`. */
  refused(device: Addressee, stream: string, epoch: number, seqNo: number, code: ProblemCode): void {
    const pending = this.#of(device, stream, epoch);
    pending.committed.add(seqNo);
    if (pending.refused.length < MOST_REFUSED) pending.refused.push([seqNo, code]);
  }

  paused(device: Addressee, stream: string, epoch: number, pauseUntilMs: number): void {
    this.#of(device, stream, epoch).pauseUntilMs = pauseUntilMs;
  }

  /** Sends everything pending now. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const acks = [...this.#pending.values()].flat();
    this.#pending.clear();
    const sent = await Promise.allSettled(acks.map((ack) => this.#send(ack)));
    const failed = sent.filter((result) => result.status === 'rejected');
    // Lost acknowledgements cost a resend, which is a duplicate and is acknowledged again.
    if (failed.length > 0) this.logger.warn({ failed: failed.length, err: failed[0]?.reason }, 'acknowledgements lost');
  }

  #of(to: Addressee, stream: string, epoch: number): Pending {
    const streams = this.#pending.get(to.deviceId);
    let pending = streams?.find((one) => one.stream === stream && one.epoch === epoch);
    if (pending === undefined) {
      pending = { to, stream, epoch, committed: new RangeSet(), refused: [] };
      if (streams === undefined) this.#pending.set(to.deviceId, [pending]);
      else streams.push(pending);
    }
    this.#timer ??= setTimeout(() => void this.flush(), COALESCE_MS);
    return pending;
  }

  #send({ to, stream, epoch, committed, refused, pauseUntilMs }: Pending): Promise<void> {
    const ranges = committed.ranges.map(([from, until]): [number, number] => [from, until]);
    const pause = pauseUntilMs === undefined ? {} : { pauseUntilMs };
    return this.downlink.publish(to.tenant, to.deviceId, 'ack', { v: 1, stream, epoch, ranges, refused, ...pause });
  }
}
