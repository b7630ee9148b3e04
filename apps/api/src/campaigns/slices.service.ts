import type * as routes from '@muster/contracts/campaigns/campaigns.routes';
import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { sliceStore } from '@muster/persistence/campaigns/slice.store';
import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { brakeStore } from '@muster/persistence/tenants/brake.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { refuse } from './acting.js';
import { answer } from './read-campaign.js';
import { resume } from './steering.js';

/** Its targets are frozen and some of them may still be waiting. */
const moving: readonly CampaignState[] = ['preparing', 'running', 'held', 'halted', 'pausing', 'paused'];
/** It goes on only when somebody says so. */
const standing: readonly CampaignState[] = ['held', 'halted', 'pausing', 'paused'];

/** Takes the waiting devices of a slice out of a campaign, so that the others may go on. */
@Injectable()
export class SlicesService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  exclude(call: Call<typeof routes.excludeSlice>) {
    const { principal, params, body, requestId, ifMatch } = call;
    const { attribute, value, reason } = body;
    const now = this.clock.now();
    return this.database.insist(principal.tenantId, async (tx) => {
      const killed = body.resume && (await brakeStore.engaged(tx));
      const row = await campaignStore.lock(tx, params.campaignId);
      if (row === null) throw Refusal.notFound('campaign', params.campaignId);
      if (row.version !== ifMatch) throw Refusal.stale(row.version);
      if (killed) throw new Refusal('kill_switch_engaged');
      if (!moving.includes(row.state) || row.parentId !== null)
        throw refuse(row, `A campaign that is ${row.state.replaceAll('_', ' ')} has nobody to leave out.`);
      const { removed, letters } = await sliceStore.remove(tx, row.id, { attribute, value }, reason, now);
      await campaignStore.touch(tx, row.id);
      const by = principal.name;
      const inputs = { attribute, value, reason, removed, by };
      await decisionStore.append(
        tx,
        row.id,
        { kind: 'slice_excluded', wave: null, verdict: null, code: 'excluded_by_operator', inputs, limits: {} },
        now,
      );
      if (body.resume && standing.includes(row.state)) {
        await resume({ tx, row, principal, reason, now });
        const asked = { kind: 'operator', wave: null, verdict: null, code: 'resume', limits: {} } as const;
        await decisionStore.append(tx, row.id, { ...asked, inputs: { by, reason } }, now);
      }
      const after = await answer(tx, row.id);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'campaign.slice_excluded',
        resource: `campaign:${row.id}`,
        before: { state: row.state },
        after: { state: after.resource.state, attribute, value, removed },
        reason,
        requestId,
      });
      const { tenantId } = principal;
      await outbox.dropAll(tx, [
        ...letters,
        {
          tenantId,
          type: 'campaign.changed',
          key: row.id,
          payload: { campaignId: row.id, state: after.resource.state },
        },
      ]);
      return after;
    });
  }
}
