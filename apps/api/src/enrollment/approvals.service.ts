import type * as routes from '@muster/contracts/enrollment/approvals.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { type ApprovalRow, approvalStore, type Decision } from '@muster/persistence/enrollment/approval.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf, type Principal } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { APPROVAL_LIFE_MS } from './approval-desk.js';
import { toApproval } from './approvals.resource.js';

interface Step {
  readonly principal: Principal;
  readonly requestId: string;
  readonly params: { readonly approvalId: string };
}

/** Devices that wait for a person: shown and decided. What is decided here the device fetches when it asks again. */
@Injectable()
export class ApprovalsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listApprovals>) {
    const { pageSize, state = null } = call.query;
    const [before = null] = this.paging.after(call) ?? [];
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await approvalStore.expire(tx, now);
      const rows = await approvalStore.list(tx, state, before as string | null, pageSize + 1);
      return this.paging.page(
        call,
        rows,
        (row) => [row.id],
        (row) => toApproval(row, now),
      );
    });
  }

  get({ principal, params }: Call<typeof routes.getApproval>) {
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await approvalStore.find(tx, params.approvalId);
      if (!row) throw Refusal.notFound('approval', params.approvalId);
      return toApproval(row, this.clock.now());
    });
  }

  /** Names the key the person compared, so that what was looked at is what is let in. */
  approve(call: Call<typeof routes.approveEnrollment>) {
    const { keySha256, reason = null } = call.body;
    return this.#decide(call, 'approved', reason, (row) => {
      if (keySha256 !== row.keyHash)
        throw new Refusal('identity_mismatch', 'The device that waits has another key than the one compared.');
    });
  }

  /** The key stays out by whatever credential it comes. */
  reject(call: Call<typeof routes.rejectEnrollment>) {
    return this.#decide(call, 'rejected', call.body.reason, () => {});
  }

  #decide(step: Step, state: Decision['state'], reason: string | null, check: (row: ApprovalRow) => void) {
    const { principal, params } = step;
    return this.database.tenant(principal.tenantId, async (tx) => {
      const now = this.clock.now();
      const row = await approvalStore.lock(tx, params.approvalId);
      if (!row) throw Refusal.notFound('approval', params.approvalId);
      const shown = toApproval(row, now).state;
      if (shown !== 'pending') throw new Refusal('transition_refused', `The approval is ${shown}.`, { state: shown });
      check(row);
      const expiresAt = new Date(now.getTime() + APPROVAL_LIFE_MS);
      const decision = { state, decidedBy: principal.name, reason, expiresAt };
      const decided = await approvalStore.decide(tx, row.id, decision, now);
      await record(tx, step, decided);
      return toApproval(decided, now);
    });
  }
}

const record = async (tx: Tx, { principal, requestId }: Step, row: ApprovalRow): Promise<void> => {
  await outbox.drop(tx, {
    tenantId: row.tenantId,
    type: 'enrollment.approval_decided',
    key: row.id,
    payload: { approvalId: row.id },
  });
  const { kind, model, serial, keyHash } = row;
  await audit.append(tx, {
    actor: actorOf(principal),
    action: `enrollment.approval_${row.state}`,
    resource: `approval:${row.id}`,
    after: { kind, model, serial, keySha256: keyHash },
    ...(row.reason === null ? {} : { reason: row.reason }),
    requestId,
  });
};
