import type * as routes from '@muster/contracts/trust/trust.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { type TrustChangeRow, trustChangeStore } from '@muster/persistence/trust/trust-change.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { personsBehind } from '../access/persons-behind.js';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf, type Principal } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import type { ChangeCall, ChangeKind, ChangeStep, ChangeSteps, InputOf } from './change-step.js';
import { IdentityDoor } from './identity-door.js';
import { activateKey, registerReleaseKey, revokeKey, rotateKey } from './key-steps.js';
import { revokeManyStep } from './revoke-many-step.js';
import { rolloverStep, startRollover } from './rollover-steps.js';
import { toTrustChange } from './trust.resource.js';

/** How long a step may wait for its second person. */
const PATIENCE_MS = 7 * 86_400_000;

type DecisionCall = Call<typeof routes.approveTrustChange> | Call<typeof routes.denyTrustChange>;

/** Steps that take two people: one asks, another approves, and with the approval it is done or it is not. */
@Injectable()
export class TrustChangesService {
  readonly #steps: ChangeSteps;

  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#steps = {
      start_rollover: startRollover(door),
      distribute: rolloverStep(door, 'distribute'),
      switch_issuing: rolloverStep(door, 'switch_issuing'),
      retire: rolloverStep(door, 'retire'),
      roll_back: rolloverStep(door, 'roll_back'),
      rotate_key: rotateKey(door),
      register_release_key: registerReleaseKey(door),
      activate_key: activateKey(door),
      revoke_key: revokeKey(door),
      revoke_many: revokeManyStep,
    };
  }

  async propose(call: Call<typeof routes.proposeTrustChange>) {
    const { principal, body, requestId } = call;
    const { tenantId } = principal;
    const input = body.change;
    const now = this.clock.now();
    const summary = await this.#reach(input.kind, tenantId, (tx) =>
      this.#step(input.kind).check(tx, input as never, { principal, now, requestId }),
    );
    const row = await this.database.tenant(tenantId, async (tx) => {
      const persons = [...(await personsBehind(tx, actorOf(principal)))];
      const made = await trustChangeStore.insert(
        tx,
        {
          tenantId,
          input,
          summary,
          comment: body.comment ?? null,
          requestedBy: principal.name,
          requestedByPerson: persons.at(-1)!,
          expiresAt: new Date(now.getTime() + PATIENCE_MS),
        },
        now,
      );
      await this.#record(tx, made, 'proposed', principal, requestId);
      const letter = { tenantId, type: 'trust.change_proposed', key: made.id };
      await outbox.drop(tx, { ...letter, payload: { changeId: made.id } });
      return made;
    });
    return toTrustChange(row);
  }

  list(call: Call<typeof routes.listTrustChanges>) {
    const { tenantId } = call.principal;
    const [before = null] = this.paging.after(call) ?? [];
    return this.database.tenant(tenantId, async (tx) => {
      await this.#expire(tx, tenantId);
      const page = { state: call.query.state ?? null, before: before as string | null, limit: call.query.pageSize + 1 };
      const rows = await trustChangeStore.list(tx, tenantId, page);
      return this.paging.page(call, rows, ({ id }) => [id], toTrustChange);
    });
  }

  get(call: Call<typeof routes.getTrustChange>) {
    const { tenantId } = call.principal;
    return this.database.tenant(tenantId, async (tx) => {
      await this.#expire(tx, tenantId);
      return toTrustChange(await found(trustChangeStore.find(tx, tenantId, call.params.changeId), call));
    });
  }

  /** The step is done in the transaction that records the approval, or neither is. */
  async approve(call: Call<typeof routes.approveTrustChange>) {
    const { principal, requestId } = call;
    const { tenantId } = principal;
    const now = this.clock.now();
    const asked = await this.database.tenant(tenantId, async (tx) => {
      await this.#expire(tx, tenantId);
      const row = await found(trustChangeStore.find(tx, tenantId, call.params.changeId), call);
      if ((await personsBehind(tx, actorOf(principal))).has(row.requestedByPerson))
        throw new Refusal('approval_by_creator', 'Who asked for a step does not approve it, nor does a key of theirs.');
      return refuseDecided(row);
    });
    const { input } = asked;
    const step = this.#step(input.kind);
    const context: ChangeCall = { principal, now, requestId };
    try {
      await step.prepare?.(input as never, context);
      const row = await this.#reach(input.kind, tenantId, async (tx) => {
        refuseDecided((await trustChangeStore.lock(tx, tenantId, asked.id))!);
        const outcome = await step.apply(tx, input as never, context);
        return this.#decide(tx, asked, 'applied', outcome, call);
      });
      return toTrustChange(row);
    } catch (fault) {
      if (fault instanceof Refusal && neverAgain.has(fault.code)) await this.#fail(asked, fault, call);
      throw fault;
    } finally {
      this.door.forget();
    }
  }

  deny(call: Call<typeof routes.denyTrustChange>) {
    const { tenantId } = call.principal;
    return this.database.tenant(tenantId, async (tx) => {
      await this.#expire(tx, tenantId);
      const row = refuseDecided(await found(trustChangeStore.lock(tx, tenantId, call.params.changeId), call));
      return toTrustChange(await this.#decide(tx, row, 'denied', call.body.reason, call));
    });
  }

  #step<K extends ChangeKind>(kind: K): ChangeStep<K> {
    return this.#steps[kind] as unknown as ChangeStep<K>;
  }

  #reach<T>(kind: ChangeKind, tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#steps[kind].reach === 'tenant' ? this.database.insist(tenantId, work) : this.database.system(work);
  }

  /** What can never be done any more is over; another may be asked for. */
  async #fail(row: TrustChangeRow, fault: Refusal, call: DecisionCall): Promise<void> {
    await this.database.tenant(row.tenantId, async (tx) => {
      const locked = await trustChangeStore.lock(tx, row.tenantId, row.id);
      if (locked?.state === 'proposed') await this.#decide(tx, locked, 'failed', fault.message, call);
    });
  }

  async #decide(
    tx: Tx,
    { tenantId, id }: TrustChangeRow,
    state: 'applied' | 'denied' | 'failed',
    outcome: string,
    { principal, requestId }: DecisionCall,
  ): Promise<TrustChangeRow> {
    const decision = { state, by: principal.name, outcome };
    const row = await trustChangeStore.decide(tx, { tenantId, id }, decision, this.clock.now());
    await this.#record(tx, row, state, principal, requestId);
    await outbox.drop(tx, { tenantId, type: 'trust.change_decided', key: id, payload: { changeId: id } });
    return row;
  }

  async #expire(tx: Tx, tenantId: string): Promise<void> {
    for (const row of await trustChangeStore.expire(tx, tenantId, this.clock.now())) {
      const record = { actor: { type: 'system', id: 'muster' } as const, action: 'trust_change.expired' };
      await audit.append(tx, { ...record, resource: `trust_change:${row.id}`, after: { kind: row.input.kind } });
      const letter = { tenantId, type: 'trust.change_decided', key: row.id };
      await outbox.drop(tx, { ...letter, payload: { changeId: row.id } });
    }
  }

  async #record(tx: Tx, row: TrustChangeRow, done: string, principal: Principal, requestId: string): Promise<void> {
    const { tenantId, id, input, summary, outcome } = row;
    const record = { actor: actorOf(principal), action: `trust_change.${done}`, resource: `trust_change:${id}` };
    await audit.append(tx, { ...record, after: { ...auditable(input), summary, outcome }, requestId }, tenantId);
  }
}

/** Refusals that no later approval could meet otherwise; a closed gate opens, and a signer comes back. */
const neverAgain = new Set(['transition_refused', 'not_found', 'already_exists', 'proof_invalid', 'forbidden']);

/** Thousands of ids are no record, they are counted. */
const auditable = (input: InputOf<ChangeKind>): object => {
  if (input.kind === 'register_release_key') return { kind: input.kind, crv: input.publicJwk.crv };
  if (input.kind !== 'revoke_many' || !input.certificateIds) return input;
  return { ...input, certificateIds: input.certificateIds.length };
};

const found = async (
  row: Promise<TrustChangeRow | null>,
  call: { readonly params: { readonly changeId: string } },
): Promise<TrustChangeRow> => {
  const change = await row;
  if (!change) throw Refusal.notFound('change', call.params.changeId);
  return change;
};

/** @throws Refusal transition_refused */
const refuseDecided = (row: TrustChangeRow): TrustChangeRow => {
  if (row.state === 'proposed') return row;
  throw new Refusal('transition_refused', `This step is ${row.state} already.`, { state: row.state });
};
