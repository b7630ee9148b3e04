import type { getIngest } from '@muster/contracts/telemetry/ingest.routes';
import type { IngestSlot, IngestStatus } from '@muster/contracts/telemetry/ingest.schema';
import { Database, type Tx } from '@muster/persistence/database';
import { deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { ingestMinuteStore, type SlotCounts } from '@muster/persistence/telemetry/ingest-minute.store';
import { ingestStatusStore } from '@muster/persistence/telemetry/ingest-status.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { type MillisHistogram, merge, percentile } from '@muster/telemetry/millis-histogram';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SLOT_MS = 10_000;
/** A slot is written when it is over, by a process that looks every ten seconds. */
const BEHIND_MS = 2 * SLOT_MS;
/** How old an answer may be to what costs more than a console that asks every few seconds should. */
const FRESH_MS = { rollups: 4_000, deadLetters: 10_000, partitions: 30_000 } as const;
const MOST_KEPT = 2_000;
/** A slot may be written late, by a process whose database was away: all are read again this often, and between that the last. */
const ALL_AGAIN_MS = 60_000;
const LAST_MS = 120_000;

/** How the ingest does: cheap enough to be asked every five seconds by whoever looks. */
@Injectable()
export class IngestStatusService {
  readonly #kept = new Map<string, { at: number; answer: Promise<unknown> }>();
  /** Merged slots of a tenant, by their start, and when all of them were read. */
  readonly #merged = new Map<string, { at: number; slots: Map<number, IngestSlot> }>();

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async status({ principal: { tenantId } }: Call<typeof getIngest>): Promise<IngestStatus> {
    const now = this.clock.now();
    const [own, deadLetters, rollups, partitions] = await Promise.all([
      this.database.tenant(tenantId, async (tx) => ({
        slots: await this.#slots(tx, tenantId, now.getTime()),
        processes: await ingestMinuteStore.processes(tx, now),
        floods: await ingestMinuteStore.floods(tx, now),
      })),
      this.#fresh(`dead letters of ${tenantId}`, FRESH_MS.deadLetters, () =>
        this.database.tenant(tenantId, (tx) => deadLetterStore.counts(tx)),
      ),
      this.#fresh('rollups', FRESH_MS.rollups, () =>
        this.database.system((tx) => ingestStatusStore.rollups(tx, this.clock.now())),
      ),
      this.#fresh('partitions', FRESH_MS.partitions, () =>
        this.database.system((tx) => ingestStatusStore.partitions(tx)),
      ),
    ]);
    return {
      slots: own.slots,
      processes: own.processes.map((one) => ({ ...one, doors: [...one.doors], seenAt: one.seenAt.toISOString() })),
      rollups: { waiting: rollups.waiting, oldest: rollups.oldest?.toISOString() ?? null },
      deadLetters,
      flooding: own.floods.map((flood) => ({ ...flood, since: flood.since.toISOString() })),
      partitions: {
        ...partitions,
        ahead: partitions.ahead?.toISOString() ?? null,
        daysAhead: Math.max(0, Math.floor(((partitions.ahead?.getTime() ?? 0) - now.getTime()) / DAY_MS)),
      },
    };
  }

  /** Merging an hour of many processes takes tens of milliseconds; asked every five seconds, mostly of what cannot have changed. */
  async #slots(tx: Tx, tenantId: string, now: number): Promise<IngestSlot[]> {
    const at = this.clock.monotonic();
    const known = this.#merged.get(tenantId);
    const all = known === undefined || at - known.at > ALL_AGAIN_MS;
    const slots = all ? new Map<number, IngestSlot>() : known.slots;
    const from = slotAt(now - (all ? HOUR_MS : LAST_MS));
    const parts = Map.groupBy(await ingestMinuteStore.slots(tx, from), (part) => part.at.getTime());
    for (const [start, own] of parts) slots.set(start, mergedSlot(start, own));
    for (const start of slots.keys()) if (start < now - HOUR_MS - SLOT_MS) slots.delete(start);
    if (this.#merged.size > MOST_KEPT) this.#merged.clear();
    if (all) this.#merged.set(tenantId, { at, slots });
    return lastHour(slots, now);
  }

  #fresh<T>(what: string, forMs: number, ask: () => Promise<T>): Promise<T> {
    const at = this.clock.monotonic();
    const kept = this.#kept.get(what);
    if (kept && at - kept.at < forMs) return kept.answer as Promise<T>;
    if (this.#kept.size > MOST_KEPT) this.#kept.clear();
    const answer = ask();
    this.#kept.set(what, { at, answer });
    answer.catch(() => this.#kept.delete(what));
    return answer;
  }
}

const slotAt = (ms: number): Date => new Date(Math.floor(ms / SLOT_MS) * SLOT_MS);

/** One slot every ten seconds of the last hour, those without messages too; empty when there was none at all. */
const lastHour = (known: ReadonlyMap<number, IngestSlot>, now: number): IngestSlot[] => {
  if (known.size === 0) return [];
  const last = Math.max(slotAt(now - BEHIND_MS).getTime(), ...known.keys());
  const slots: IngestSlot[] = [];
  for (let at = slotAt(now - HOUR_MS).getTime(); at <= last; at += SLOT_MS)
    slots.push(known.get(at) ?? mergedSlot(at, []));
  return slots;
};

/** Percentiles come from the merged histograms; those of single processes cannot be put together. */
const mergedSlot = (at: number, parts: readonly Omit<SlotCounts, 'tenant'>[]): IngestSlot => {
  const sum = (read: (part: Omit<SlotCounts, 'tenant'>) => number) =>
    parts.reduce((total, part) => total + read(part), 0);
  return {
    at: new Date(at).toISOString(),
    seconds: SLOT_MS / 1000,
    stored: sum(({ stored }) => stored),
    readings: sum(({ readings }) => readings),
    duplicates: sum(({ duplicates }) => duplicates),
    deadLettered: sum(({ deadLettered }) => deadLettered),
    shed: sum(({ shed }) => shed),
    bytes: sum(({ bytes }) => bytes),
    commitMs: percentilesOf(parts.map(({ commitMs }) => commitMs)),
    lagMs: percentilesOf(parts.map(({ lagMs }) => lagMs)),
  };
};

const percentilesOf = (histograms: readonly (readonly number[])[]): { p50: number; p99: number } | null => {
  const merged: MillisHistogram = [];
  for (const histogram of histograms) merge(merged, histogram);
  const p50 = percentile(merged, 0.5);
  return p50 === null ? null : { p50, p99: percentile(merged, 0.99)! };
};
