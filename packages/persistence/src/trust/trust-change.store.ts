import type { changeStates, TrustChangeInput } from '@muster/contracts/trust/trust.schema';
import { v7 as uuidv7 } from 'uuid';
import type { Tx } from '../transaction.js';

export type ChangeState = (typeof changeStates)[number];

export interface TrustChangeRow {
  readonly tenantId: string;
  readonly id: string;
  readonly state: ChangeState;
  readonly input: TrustChangeInput;
  readonly summary: string;
  readonly comment: string | null;
  readonly requestedBy: string;
  /** Id of the person, also where an API key of theirs asked. */
  readonly requestedByPerson: string;
  readonly requestedAt: Date;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
  readonly outcome: string | null;
  readonly expiresAt: Date;
}

const columns = `tenant_id as "tenantId", id, state, input, summary, comment, requested_by as "requestedBy",
  requested_by_person as "requestedByPerson", requested_at as "requestedAt", decided_by as "decidedBy",
  decided_at as "decidedAt", outcome, expires_at as "expiresAt"`;

/** Steps that take two people. Every statement names its tenant, so that all of them work in a system transaction too. */
export const trustChangeStore = {
  async insert(
    tx: Tx,
    change: Pick<
      TrustChangeRow,
      'tenantId' | 'input' | 'summary' | 'comment' | 'requestedBy' | 'requestedByPerson' | 'expiresAt'
    >,
    now: Date,
  ): Promise<TrustChangeRow> {
    const { tenantId, input, summary, comment, requestedBy, requestedByPerson, expiresAt } = change;
    const [row] = await tx.query<TrustChangeRow>(
      `insert into trust_changes (tenant_id, id, input, summary, comment, requested_by, requested_by_person,
         requested_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${columns}`,
      [tenantId, uuidv7(), JSON.stringify(input), summary, comment, requestedBy, requestedByPerson, now, expiresAt],
    );
    return row!;
  },

  async find(tx: Tx, tenantId: string, id: string): Promise<TrustChangeRow | null> {
    const [row] = await tx.query<TrustChangeRow>(
      `select ${columns} from trust_changes where tenant_id = $1 and id = $2`,
      [tenantId, id],
    );
    return row ?? null;
  },

  /** As `find`, held to the end of the transaction. */
  async lock(tx: Tx, tenantId: string, id: string): Promise<TrustChangeRow | null> {
    const [row] = await tx.query<TrustChangeRow>(
      `select ${columns} from trust_changes where tenant_id = $1 and id = $2 for update`,
      [tenantId, id],
    );
    return row ?? null;
  },

  /** Newest first, those before `before` (an id) where it is given. */
  list(
    tx: Tx,
    tenantId: string,
    page: { readonly state: ChangeState | null; readonly before: string | null; readonly limit: number },
  ): Promise<TrustChangeRow[]> {
    return tx.query<TrustChangeRow>(
      `select ${columns} from trust_changes
       where tenant_id = $1 and ($2::text is null or state = $2) and ($3::uuid is null or id < $3)
       order by id desc limit $4`,
      [tenantId, page.state, page.before, page.limit],
    );
  },

  async decide(
    tx: Tx,
    row: Pick<TrustChangeRow, 'tenantId' | 'id'>,
    decision: { readonly state: ChangeState; readonly by: string; readonly outcome: string | null },
    now: Date,
  ): Promise<TrustChangeRow> {
    const [decided] = await tx.query<TrustChangeRow>(
      `update trust_changes set state = $3, decided_by = $4, decided_at = $5, outcome = $6
       where tenant_id = $1 and id = $2 returning ${columns}`,
      [row.tenantId, row.id, decision.state, decision.by, now, decision.outcome],
    );
    return decided!;
  },

  /** Those nobody decided in time, now expired. */
  expire(tx: Tx, tenantId: string, now: Date): Promise<TrustChangeRow[]> {
    return tx.query<TrustChangeRow>(
      `update trust_changes set state = 'expired', decided_at = $2
       where tenant_id = $1 and state = 'proposed' and expires_at <= $2 returning ${columns}`,
      [tenantId, now],
    );
  },
};
