import type { DecisionKind } from '@muster/contracts/campaigns/decisions.schema';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import type { Decision } from '@muster/domain/campaigns/tick-facts';
import type { Tx } from '../transaction.js';

export interface DecisionRow extends Decision {
  readonly seq: number;
  readonly at: Date;
  readonly sentence: string;
}

const columns = 'seq, at, wave, kind, verdict, code, inputs, limits, sentence';

/** The evidence of every decision. Rows are only ever added; the roles may not change or delete them. */
export const decisionStore = {
  /** Appends and returns the sentence made of the evidence. The caller holds the campaign's row, so `seq` has no gaps. */
  async append(tx: Tx, campaignId: string, decision: Decision, now: Date): Promise<string> {
    const sentence = explainDecision(decision);
    await tx.execute(
      `insert into decision_records (tenant_id, campaign_id, seq, wave, at, kind, verdict, code, inputs, limits, sentence)
       select $1, $2, coalesce(max(seq), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10
       from decision_records where tenant_id = $1 and campaign_id = $2`,
      [
        tx.tenantId,
        campaignId,
        decision.wave,
        now,
        decision.kind,
        decision.verdict,
        decision.code,
        JSON.stringify(decision.inputs),
        JSON.stringify(decision.limits),
        sentence,
      ],
    );
    return sentence;
  },

  /** Newest first; `beforeSeq` pages on. */
  list(tx: Tx, campaignId: string, beforeSeq: number | null, limit: number): Promise<DecisionRow[]> {
    return tx.query<DecisionRow>(
      `select ${columns} from decision_records
       where tenant_id = $1 and campaign_id = $2 and ($3::bigint is null or seq < $3) order by seq desc limit $4`,
      [tx.tenantId, campaignId, beforeSeq, limit],
    );
  },

  /** All of a campaign's, oldest first. */
  all(tx: Tx, campaignId: string): Promise<DecisionRow[]> {
    return tx.query<DecisionRow>(
      `select ${columns} from decision_records where tenant_id = $1 and campaign_id = $2 order by seq`,
      [tx.tenantId, campaignId],
    );
  },

  /** The last halt of each campaign and what followed from it, oldest first: what the verdict sentence is made of. */
  decisive(tx: Tx, campaignIds: readonly string[]): Promise<(DecisionRow & { campaignId: string })[]> {
    const kinds: readonly DecisionKind[] = ['rollback_started', 'rollback_finished', 'rollback_failed', 'finished'];
    return tx.query(
      `select r.campaign_id as "campaignId", ${columns} from decision_records r
       where tenant_id = $1 and campaign_id = any($2::uuid[]) and (kind = any($3::text[]) or verdict = 'halt')
         and seq >= coalesce((select max(seq) from decision_records h
           where h.tenant_id = r.tenant_id and h.campaign_id = r.campaign_id and h.verdict = 'halt'), 0)
         and (kind <> 'rollback_started' or not exists (select from decision_records f
           where f.tenant_id = r.tenant_id and f.campaign_id = r.campaign_id and f.seq > r.seq
             and f.kind in ('rollback_finished', 'rollback_failed')))
       order by seq`,
      [tx.tenantId, campaignIds, kinds],
    );
  },
};
