import { RangeSet } from '@muster/telemetry/range-set';
import type { Clock } from '../ports/clock.js';
import type { AppendFile, Files } from '../ports/files.js';
import { type BufferedRecord, encodeRecord, scanRecords } from './segment-record.js';

export interface SegmentBufferOptions {
  folder: string;
  segmentBytes: number;
  /** Whole segments of the oldest records go first when the buffer would outgrow this. */
  quotaBytes: number;
  /** Longest time a record may wait for the sync it shares with its neighbours; 0 syncs each append at once. */
  commitWithinMs: number;
  /** A number for a new history; asked only when the folder holds none. */
  newEpoch: () => number;
}

/** Records given up, so that stored + lost always equals produced. */
export interface Loss {
  from: number;
  to: number;
  reason: 'quota' | 'corrupt';
}

interface Segment {
  path: string;
  firstSeq: number;
  /** firstSeq - 1 while it is empty. */
  lastSeq: number;
  bytes: number;
}

interface Ledger {
  epoch: number;
  acked: [number, number][];
  losses: Loss[];
}

/** Losses kept for the report; beyond it the oldest two are told as one. */
const MAX_LOSSES = 64;

/**
 * Durable store-and-forward: an append-only log in numbered segments. A record counts as kept once `append` resolves,
 * and is given up only for an application acknowledgement of exactly its number, or, named in `losses`, for the quota.
 * Space is freed a whole segment at a time; nothing is ever rewritten.
 */
export class SegmentBuffer {
  readonly #segments: Segment[] = [];
  readonly #acked = new RangeSet();
  #losses: Loss[] = [];
  #epoch = 0;
  #nextSeq = 1;
  #active: AppendFile | null = null;
  #batch: Buffer[] = [];
  #flush: Promise<void> | null = null;
  #chain: Promise<unknown> = Promise.resolve();
  #cached: { path: string; size: number; records: BufferedRecord[] } | null = null;

  private constructor(
    private readonly files: Files,
    private readonly clock: Clock,
    private readonly options: SegmentBufferOptions,
  ) {}

  /** Opens the log in its folder, cutting off a tail that a power cut tore. */
  static async open(files: Files, clock: Clock, options: SegmentBufferOptions): Promise<SegmentBuffer> {
    const buffer = new SegmentBuffer(files, clock, options);
    await buffer.#recover();
    return buffer;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get losses(): readonly Loss[] {
    return this.#losses;
  }

  /** Records kept and not yet acknowledged. */
  get size(): number {
    let n = 0;
    for (const { firstSeq, lastSeq } of this.#segments)
      n += lastSeq - firstSeq + 1 - this.#acked.countWithin(firstSeq, lastSeq);
    return n;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Numbers the record, writes what `encode` makes of its number, and resolves once it is durable. */
  async append(encode: (seqNo: number, epoch: number) => Uint8Array): Promise<number> {
    const seqNo = this.#nextSeq++;
    this.#batch.push(encodeRecord(seqNo, encode(seqNo, this.#epoch)));
    this.#flush ??= this.#scheduleFlush();
    await this.#flush;
    return seqNo;
  }

  /** Up to `limit` unacknowledged durable records numbered above `after`, in order. */
  async pending(after: number, limit: number): Promise<BufferedRecord[]> {
    const found: BufferedRecord[] = [];
    for (const segment of this.#segments) {
      if (found.length >= limit) break;
      const from = Math.max(segment.firstSeq, after + 1);
      if (segment.lastSeq < from || this.#acked.covers(from, segment.lastSeq)) continue;
      for (const record of await this.#load(segment)) {
        if (record.seqNo > after && !this.#acked.has(record.seqNo)) found.push(record);
        if (found.length >= limit) break;
      }
    }
    return found;
  }

  /** Gives up acknowledged records. An acknowledgement of another epoch concerns a history that is gone. */
  acknowledge(epoch: number, ranges: readonly (readonly [number, number])[]): Promise<void> {
    if (epoch !== this.#epoch) return Promise.resolve();
    for (const [from, to] of ranges) this.#acked.add(Math.max(1, from), Math.min(to, this.#nextSeq - 1));
    return this.#inTurn(() => this.#dropAcknowledged());
  }

  async close(): Promise<void> {
    await this.#flush;
    await this.#inTurn(async () => {
      await this.#saveLedger();
      await this.#active?.close();
      this.#active = null;
    });
  }

  async #recover(): Promise<void> {
    const { folder } = this.options;
    const ledger = await this.#readLedger();
    const names = (await this.files.list(folder)).filter((name) => name.endsWith('.seg'));
    this.#epoch = ledger?.epoch ?? this.options.newEpoch();
    this.#losses = ledger?.losses ?? [];
    for (const [from, to] of ledger?.acked ?? []) this.#acked.add(from, to);
    for (const name of names) {
      const path = `${folder}/${name}`;
      const bytes = (await this.files.read(path)) ?? Buffer.alloc(0);
      const { records, goodEnd, damaged } = scanRecords(bytes);
      if (goodEnd < bytes.length) await this.files.truncate(path, goodEnd);
      const firstSeq = Number(name.slice(0, -4));
      const lastSeq = records.at(-1)?.seqNo ?? firstSeq - 1;
      this.#segments.push({ path, firstSeq, lastSeq, bytes: goodEnd });
      if (damaged > 0) this.#noteDamage(firstSeq, lastSeq, records);
      this.#nextSeq = Math.max(this.#nextSeq, lastSeq + 1, firstSeq);
    }
    this.#noteMissingEnds();
    if (!ledger) await this.#saveLedger();
  }

  /** A segment that was closed ends where the next begins; a shorter one lost its tail to damage, not to a power cut. */
  #noteMissingEnds(): void {
    for (const [i, next] of this.#segments.entries()) {
      const before = this.#segments[i - 1];
      if (!before || before.lastSeq + 1 >= next.firstSeq) continue;
      const gap = { from: before.lastSeq + 1, to: next.firstSeq - 1 };
      for (const [from, to] of missing(gap.from, gap.to, this.#acked)) this.#lose({ from, to, reason: 'corrupt' });
      this.#acked.add(gap.from, gap.to);
    }
  }

  #noteDamage(firstSeq: number, lastSeq: number, records: BufferedRecord[]): void {
    const present = new Set(records.map((record) => record.seqNo));
    for (let seq = firstSeq; seq <= lastSeq; seq++)
      if (!present.has(seq) && !this.#acked.has(seq)) {
        this.#lose({ from: seq, to: seq, reason: 'corrupt' });
        this.#acked.add(seq, seq);
      }
  }

  async #scheduleFlush(): Promise<void> {
    if (this.options.commitWithinMs > 0)
      await new Promise<void>((resolve) => {
        this.clock.after(this.options.commitWithinMs, resolve);
      });
    else await Promise.resolve();
    await this.#inTurn(() => this.#commit());
  }

  async #commit(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#flush = null;
    if (batch.length === 0) return;
    const bytes = Buffer.concat(batch);
    const segment = await this.#segmentFor(bytes.length, this.#nextSeq - batch.length);
    await this.#active!.write(bytes);
    await this.#active!.sync();
    segment.bytes += bytes.length;
    segment.lastSeq = segment.lastSeq + batch.length;
  }

  async #segmentFor(bytes: number, firstSeq: number): Promise<Segment> {
    let segment = this.#segments.at(-1);
    if (!segment || (segment.bytes > 0 && segment.bytes + bytes > this.options.segmentBytes)) {
      await this.#active?.close();
      this.#active = null;
      segment = { path: this.#pathOf(firstSeq), firstSeq, lastSeq: firstSeq - 1, bytes: 0 };
      this.#segments.push(segment);
    }
    this.#active ??= await this.files.append(segment.path);
    await this.#keepQuota(bytes);
    return segment;
  }

  async #keepQuota(incoming: number): Promise<void> {
    while (this.#segments.length > 1 && this.bytes + incoming > this.options.quotaBytes) {
      const oldest = this.#segments[0]!;
      for (const [from, to] of missing(oldest.firstSeq, oldest.lastSeq, this.#acked))
        this.#lose({ from, to, reason: 'quota' });
      this.#acked.add(oldest.firstSeq, oldest.lastSeq);
      // The loss is written down before the bytes go, so that no crash can lose them silently.
      await this.#saveLedger();
      await this.#dropOldest();
    }
  }

  async #dropAcknowledged(): Promise<void> {
    let dropped = false;
    // The last segment stays even when empty of work: its name and records are what remembers the next number.
    while (this.#segments.length > 1 && this.#acked.covers(this.#segments[0]!.firstSeq, this.#segments[0]!.lastSeq)) {
      await this.#dropOldest();
      dropped = true;
    }
    if (dropped) await this.#saveLedger();
  }

  async #dropOldest(): Promise<void> {
    const oldest = this.#segments.shift()!;
    await this.files.remove(oldest.path);
    this.#acked.dropBelow(this.#segments[0]!.firstSeq);
  }

  #lose(loss: Loss): void {
    const last = this.#losses.at(-1);
    if (last && last.reason === loss.reason && last.to + 1 === loss.from) last.to = loss.to;
    else this.#losses.push({ ...loss });
    if (this.#losses.length > MAX_LOSSES) {
      const [first, second, ...rest] = this.#losses;
      this.#losses = [{ ...second!, from: first!.from }, ...rest];
    }
  }

  async #load(segment: Segment): Promise<BufferedRecord[]> {
    if (this.#cached?.path === segment.path && this.#cached.size === segment.bytes) return this.#cached.records;
    const size = segment.bytes;
    const bytes = await this.files.read(segment.path);
    // The file may hold more than is synced; what is not durable is not offered.
    const { records } = scanRecords((bytes ?? Buffer.alloc(0)).subarray(0, size));
    this.#cached = { path: segment.path, size, records };
    return records;
  }

  async #readLedger(): Promise<Ledger | null> {
    const bytes = await this.files.read(`${this.options.folder}/ledger.json`);
    return bytes ? (JSON.parse(bytes.toString()) as Ledger) : null;
  }

  #saveLedger(): Promise<void> {
    const ledger: Ledger = {
      epoch: this.#epoch,
      acked: this.#acked.ranges.map(([a, b]) => [a, b]),
      losses: this.#losses,
    };
    return this.files.replace(`${this.options.folder}/ledger.json`, JSON.stringify(ledger));
  }

  #pathOf(firstSeq: number): string {
    return `${this.options.folder}/${String(firstSeq).padStart(16, '0')}.seg`;
  }

  /** File operations one after the other. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#chain.then(work);
    this.#chain = turn.catch(() => undefined);
    return turn;
  }
}

function missing(from: number, to: number, have: RangeSet): [number, number][] {
  const gaps: [number, number][] = [];
  let at = from;
  for (const [low, high] of have.ranges) {
    if (high < at) continue;
    if (low > to) break;
    if (low > at) gaps.push([at, low - 1]);
    at = Math.max(at, high + 1);
  }
  if (at <= to) gaps.push([at, to]);
  return gaps;
}
