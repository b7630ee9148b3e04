import { audit } from '@muster/persistence/audit/audit.store';
import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { brakeStore } from '@muster/persistence/tenants/brake.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import type { Acting, ActionCall } from './acting.js';
import { approve, deny, launch } from './launching.js';
import { answer } from './read-campaign.js';
import { advance, hold, override, pause, resume, rollback, stop } from './steering.js';

type Work = (acting: Acting) => Promise<void>;

/** What slows a campaign down, or ends it. */
const brakes = { pause, hold, stop, deny } satisfies Record<string, Work>;
/** What sets a campaign going: refused while the kill switch is engaged. */
const drives = { launch, approve, resume, advance, override, rollback } satisfies Record<string, Work>;
type Verb = keyof typeof brakes | keyof typeof drives;

/**
 * What people ask of a campaign. Every action names the version it was decided on, is durable before it is answered,
 * and leaves an audit entry and a decision record with who and why.
 */
@Injectable()
export class ActionsService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  launch = (call: ActionCall) => this.#act(call, 'launch');
  approve = (call: ActionCall) => this.#act(call, 'approve');
  deny = (call: ActionCall) => this.#act(call, 'deny');
  pause = (call: ActionCall) => this.#act(call, 'pause');
  resume = (call: ActionCall) => this.#act(call, 'resume');
  hold = (call: ActionCall) => this.#act(call, 'hold');
  advance = (call: ActionCall) => this.#act(call, 'advance');
  override = (call: ActionCall) => this.#act(call, 'override');
  stop = (call: ActionCall) => this.#act(call, 'stop');
  rollback = (call: ActionCall) => this.#act(call, 'rollback');

  #act(call: ActionCall, verb: Verb) {
    const { principal, params, body, requestId, ifMatch } = call;
    const now = this.clock.now();
    const reason = body.reason ?? null;
    return this.database.insist(principal.tenantId, async (tx) => {
      const killed = verb in drives && (await brakeStore.engaged(tx));
      const row = await campaignStore.lock(tx, params.campaignId);
      if (row === null) throw Refusal.notFound('campaign', params.campaignId);
      if (row.version !== ifMatch) throw Refusal.stale(row.version);
      if (killed) throw new Refusal('kill_switch_engaged');
      const work: Work = { ...brakes, ...drives }[verb];
      await work({ tx, row, principal, reason, now });
      const inputs = { by: principal.name, ...(reason === null ? {} : { reason }) };
      const record = { kind: 'operator', wave: null, verdict: null, code: verb, inputs, limits: {} } as const;
      await decisionStore.append(tx, row.id, record, now);
      const after = await answer(tx, row.id);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: `campaign.${verb}`,
        resource: `campaign:${row.id}`,
        before: { state: row.state },
        after: { state: after.resource.state },
        ...(reason === null ? {} : { reason }),
        requestId,
      });
      await outbox.drop(tx, {
        tenantId: principal.tenantId,
        type: 'campaign.changed',
        key: row.id,
        payload: { campaignId: row.id, state: after.resource.state },
      });
      return after;
    });
  }
}
