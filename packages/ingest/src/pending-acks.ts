import type { Ack } from '@muster/contracts/mqtt/downlink';
import type { ProblemCode } from '@muster/contracts/problem';
import { RangeSet } from '@muster/telemetry/range-set';
import type { Acks, Addressee } from './acks.js';

interface Pending {
  readonly stream: string;
  readonly epoch: number;
  readonly committed: RangeSet;
  readonly refused: [number, ProblemCode][];
  pauseUntilMs?: number;
}

/** Refused messages named in one acknowledgement; those beyond are acknowledged without a reason. */
const MOST_REFUSED = 200;

/** What is to be told to one device, gathered until it is taken. */
export class PendingAcks implements Acks {
  #streams: Pending[] = [];

  get isEmpty(): boolean {
    return this.#streams.length === 0;
  }

  committed(_device: Addressee, stream: string, epoch: number, seqNo: number): void {
    this.#of(stream, epoch).committed.add(seqNo);
  }

  refused(_device: Addressee, stream: string, epoch: number, seqNo: number, code: ProblemCode): void {
    const pending = this.#of(stream, epoch);
    pending.committed.add(seqNo);
    if (pending.refused.length < MOST_REFUSED) pending.refused.push([seqNo, code]);
  }

  paused(_device: Addressee, stream: string, epoch: number, pauseUntilMs: number): void {
    this.#of(stream, epoch).pauseUntilMs = pauseUntilMs;
  }

  /** One a stream and epoch, as `down/ack` has them; nothing is pending afterwards. */
  take(): Ack[] {
    const streams = this.#streams;
    this.#streams = [];
    return streams.map(({ stream, epoch, committed, refused, pauseUntilMs }) => ({
      v: 1,
      stream,
      epoch,
      ranges: committed.ranges.map(([from, to]): [number, number] => [from, to]),
      refused,
      ...(pauseUntilMs === undefined ? {} : { pauseUntilMs }),
    }));
  }

  #of(stream: string, epoch: number): Pending {
    const known = this.#streams.find((one) => one.stream === stream && one.epoch === epoch);
    if (known !== undefined) return known;
    const pending = { stream, epoch, committed: new RangeSet(), refused: [] };
    this.#streams.push(pending);
    return pending;
  }
}
