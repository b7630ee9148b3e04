import type { WaveState } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { StateCounts } from '@muster/domain/campaigns/count-executions';
import type { ServiceEvidence } from '@muster/domain/campaigns/weigh-evidence';
import type { Tx } from '../transaction.js';

export interface WaveRow {
  readonly campaignId: string;
  readonly n: number;
  readonly state: WaveState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly since: Date;
  readonly cumulative: number;
  readonly size: number;
  readonly openedAt: Date | null;
  readonly soakUntil: Date | null;
  /** Executions of the wave by state. */
  readonly counts: StateCounts;
  readonly forgiven: StateCounts;
  readonly bytesSent: number;
  readonly bytesSpared: number;
  /** When its newest gate record was made, and of what. */
  readonly judgedAt: Date | null;
  readonly judgedOn: string | null;
  /** How its updated devices do in service, as the collector saw it last. */
  readonly evidence: ServiceEvidence | null;
  /** When an execution of it, or it itself, changed state last. */
  readonly movedAt: Date | null;
}

const columns = `campaign_id as "campaignId", n, state, reason_code as "reasonCode", reason_detail as "reasonDetail", since,
  cumulative, size, opened_at as "openedAt", soak_until as "soakUntil", counters as counts, forgiven, bytes_sent as "bytesSent", bytes_spared as "bytesSpared", moved_at as "movedAt",
  judged_at as "judgedAt", evidence->>'judged' as "judgedOn", evidence->'service' as evidence`;

/** How many executions of which wave left or entered a state; `add` keeps it summed. */
export class CountDeltas {
  readonly #waves = new Map<number, Map<ExecutionState, number>>();

  add(wave: number, from: ExecutionState | null, to: ExecutionState, n = 1): void {
    const states = this.#waves.get(wave) ?? new Map<ExecutionState, number>();
    this.#waves.set(wave, states);
    if (from !== null) states.set(from, (states.get(from) ?? 0) - n);
    states.set(to, (states.get(to) ?? 0) + n);
  }

  /** Waves in ascending order: everybody locks them in this order, so counting never deadlocks. */
  *waves(): Iterable<[wave: number, delta: Record<string, number>]> {
    for (const [wave, states] of [...this.#waves].sort(([a], [b]) => a - b)) yield [wave, Object.fromEntries(states)];
  }
}

export const waveStore = {
  async insertAll(
    tx: Tx,
    campaignId: string,
    waves: readonly { n: number; cumulative: number; size: number; counts: StateCounts }[],
    now: Date,
  ): Promise<void> {
    await tx.execute(
      `insert into campaign_waves (tenant_id, campaign_id, n, cumulative, size, counters, since)
       select $1, $2, w.n, w.cumulative, w.size, w.counts, $4
       from jsonb_to_recordset($3) as w(n int, cumulative int, size int, counts jsonb)`,
      [tx.tenantId, campaignId, JSON.stringify(waves), now],
    );
  },

  list(tx: Tx, campaignIds: readonly string[]): Promise<WaveRow[]> {
    return tx.query<WaveRow>(
      `select ${columns} from campaign_waves where tenant_id = $1 and campaign_id = any($2::uuid[]) order by campaign_id, n`,
      [tx.tenantId, campaignIds],
    );
  },

  /** Counts by delta: the cost of a change is the change. A wave whose counts change has moved. */
  async count(tx: Tx, campaignId: string, deltas: CountDeltas, now: Date): Promise<void> {
    for (const [wave, delta] of deltas.waves())
      await tx.execute(
        `update campaign_waves set counters = coalesce((
           select jsonb_object_agg(key, n) from (
             select key, sum(value::int) as n from (
               select * from jsonb_each_text(counters) union all select * from jsonb_each_text($4::jsonb)) both_sides
             group by key having sum(value::int) <> 0) summed), '{}'), moved_at = greatest(moved_at, $5)
         where tenant_id = $1 and campaign_id = $2 and n = $3`,
        [tx.tenantId, campaignId, wave, JSON.stringify(delta), now],
      );
  },

  /** Moves a wave that is in one of `from`; false when it is not. A null code or detail keeps what stands there. */
  async move(
    tx: Tx,
    campaignId: string,
    n: number,
    change: {
      from: readonly WaveState[];
      to: WaveState;
      code?: string | null;
      detail?: string | null;
      soakUntil?: Date | null;
    },
    now: Date,
  ): Promise<boolean> {
    const moved = await tx.execute(
      `update campaign_waves set state = $5, since = $6, moved_at = $6, soak_until = coalesce($7, soak_until),
         opened_at = case when $5 = 'open' and opened_at is null then $6 else opened_at end,
         reason_code = coalesce($8, reason_code), reason_detail = coalesce($9, reason_detail)
       where tenant_id = $1 and campaign_id = $2 and n = $3 and state = any($4::text[])`,
      [
        tx.tenantId,
        campaignId,
        n,
        change.from,
        change.to,
        now,
        change.soakUntil ?? null,
        change.code ?? null,
        change.detail ?? null,
      ],
    );
    return moved === 1;
  },

  /** Bytes that devices of the wave fetched, and those they did not have to. */
  async addBytes(tx: Tx, campaignId: string, n: number, bytes: number, spared: number): Promise<void> {
    await tx.execute(
      `update campaign_waves set bytes_sent = bytes_sent + $4, bytes_spared = bytes_spared + $5
       where tenant_id = $1 and campaign_id = $2 and n = $3`,
      [tx.tenantId, campaignId, n, bytes, spared],
    );
  },

  /** A wave gets `devices` more targets: it and all after it reach further. */
  async grow(tx: Tx, campaignId: string, n: number, devices: number): Promise<void> {
    await tx.execute(
      `update campaign_waves set cumulative = cumulative + $4, size = size + case when n = $3 then $4 else 0 end
       where tenant_id = $1 and campaign_id = $2 and n >= $3`,
      [tx.tenantId, campaignId, n, devices],
    );
  },

  /** Waves to come that have lost all their devices are not waited for: no gate could ever say anything of them. */
  async skipDeserted(tx: Tx, campaignId: string, now: Date): Promise<void> {
    await tx.execute(
      `update campaign_waves set state = 'skipped', reason_code = 'deserted', since = $3
       where tenant_id = $1 and campaign_id = $2 and state = 'planned' and not counters ?| array['queued', 'unreachable', 'deferred']`,
      [tx.tenantId, campaignId, now],
    );
  },

  /** Remembers the newest verdict on a wave, and what it was made of. */
  async judge(
    tx: Tx,
    campaignId: string,
    n: number,
    verdict: { code: string; sentence: string; grounds: string },
    now: Date,
  ): Promise<void> {
    await tx.execute(
      `update campaign_waves set reason_code = $4, reason_detail = $5, judged_at = $7,
         evidence = evidence || jsonb_build_object('judged', $6::text)
       where tenant_id = $1 and campaign_id = $2 and n = $3`,
      [tx.tenantId, campaignId, n, verdict.code, verdict.sentence, verdict.grounds, now],
    );
  },

  /** Soak clocks stand while a campaign is paused: moves their ends on by as long as it was. */
  async shiftSoaks(tx: Tx, campaignId: string, milliseconds: number): Promise<void> {
    await tx.execute(
      `update campaign_waves set soak_until = soak_until + $3 * interval '1 millisecond'
       where tenant_id = $1 and campaign_id = $2 and state = 'soaking'`,
      [tx.tenantId, campaignId, milliseconds],
    );
  },

  /** Ends the soak of a wave now. */
  async endSoak(tx: Tx, campaignId: string, now: Date): Promise<boolean> {
    const ended = await tx.execute(
      `update campaign_waves set soak_until = $3 where tenant_id = $1 and campaign_id = $2 and state = 'soaking'`,
      [tx.tenantId, campaignId, now],
    );
    return ended > 0;
  },

  /**
   * Opens halted waves again and sets what went wrong so far aside, on the responsibility of whoever resumed: outcomes
   * are forgiven, and devices in service are observed anew from now on.
   */
  async reopen(tx: Tx, campaignId: string, now: Date): Promise<void> {
    await tx.execute(
      `update campaign_waves set state = 'open', since = $3, reason_code = null, reason_detail = null, evidence = jsonb_build_object('since', $3::timestamptz), forgiven = (
         select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(counters)
         where key in ('failed', 'regressed', 'timed_out', 'in_doubt', 'rejected'))
       where tenant_id = $1 and campaign_id = $2 and state = 'halted'`,
      [tx.tenantId, campaignId, now],
    );
  },
};
