import type { ProblemCode } from '@muster/contracts/problem';
import type { Acks, Addressee } from '@muster/ingest/acks';
import { PendingAcks } from '@muster/ingest/pending-acks';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable } from '@nestjs/common';
import { Downlink } from './downlink.publisher.js';

interface Pending {
  readonly to: Addressee;
  readonly acks: PendingAcks;
}

/** Acknowledgements of one device go out together, this often. */
const COALESCE_MS = 1_000;

/**
 * Tells devices what is committed, which is the only thing that lets them free their buffers. Refused messages are
 * committed too, to the dead letters, and say why.
 */
@Injectable()
export class AckPublisher implements Acks {
  readonly #pending = new Map<string, Pending>();
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly downlink: Downlink,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  committed(device: Addressee, stream: string, epoch: number, seqNo: number): void {
    this.#of(device).committed(device, stream, epoch, seqNo);
  }

  refused(device: Addressee, stream: string, epoch: number, seqNo: number, code: ProblemCode): void {
    this.#of(device).refused(device, stream, epoch, seqNo, code);
  }

  paused(device: Addressee, stream: string, epoch: number, pauseUntilMs: number): void {
    this.#of(device).paused(device, stream, epoch, pauseUntilMs);
  }

  /** Sends everything pending now. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    const sent = await Promise.allSettled(
      pending.flatMap(({ to, acks }) =>
        acks.take().map((ack) => this.downlink.publish(to.tenant, to.deviceId, 'ack', ack)),
      ),
    );
    const failed = sent.filter((result) => result.status === 'rejected');
    // Lost acknowledgements cost a resend, which is a duplicate and is acknowledged again.
    if (failed.length > 0) this.logger.warn({ failed: failed.length, err: failed[0]?.reason }, 'acknowledgements lost');
  }

  #of(to: Addressee): PendingAcks {
    let pending = this.#pending.get(to.deviceId);
    if (pending === undefined) {
      pending = { to, acks: new PendingAcks() };
      this.#pending.set(to.deviceId, pending);
    }
    this.#timer ??= setTimeout(() => void this.flush(), COALESCE_MS);
    return pending.acks;
  }
}
