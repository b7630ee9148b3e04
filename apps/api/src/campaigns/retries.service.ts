import type * as routes from '@muster/contracts/campaigns/campaigns.routes';
import { hasEnded } from '@muster/domain/campaigns/campaign.machine';
import { planRetry } from '@muster/domain/campaigns/plan-retry';
import { audit } from '@muster/persistence/audit/audit.store';
import { type CampaignRow, campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { retryListStore } from '@muster/persistence/campaigns/retry-list.store';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { releaseStore } from '@muster/persistence/releases/release.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { refuse } from './acting.js';
import { answer } from './read-campaign.js';

/** As many targets as a list may name, and characters as a name may have. */
const LIST = 10_000;
const NAME = 120;

/** Drafts campaigns over the devices another one failed at. */
@Injectable()
export class RetriesService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  retry(call: Call<typeof routes.retryCampaign>) {
    const { principal, params, body, requestId } = call;
    const now = this.clock.now();
    return this.database.tenant(principal.tenantId, async (tx) => {
      const old = await campaignStore.lock(tx, params.campaignId);
      if (old === null) throw Refusal.notFound('campaign', params.campaignId);
      await refuseUnlessOver(tx, old);
      const { deviceIds, left } = await retryListStore.of(tx, old.id, LIST);
      if (deviceIds.length === 0)
        throw new Refusal(
          'no_eligible_targets',
          'No device failed or ran out of time that is not tried again already.',
        );
      const id = uuidv7();
      const { kind, releaseId, configId, configNumber, command } = old;
      const draft = {
        name: body.name ?? `Retry of ${old.name}`.slice(0, NAME),
        selector: { ids: [...deviceIds] },
        plan: planRetry(old.plan, deviceIds.length),
        retryOf: old.id,
      };
      const subject = { kind, releaseId, configId, configNumber, command };
      const state = 'draft' as const;
      await campaignStore.insert(
        tx,
        { id, parentId: null, state, createdBy: principal.name, ...subject, ...draft },
        now,
      );
      const inputs = {
        by: principal.name,
        reason: `${deviceIds.length} devices, ${left} more than a list holds`,
        retry: id,
      };
      if (left > 0)
        await decisionStore.append(
          tx,
          old.id,
          { kind: 'operator', wave: null, verdict: null, code: 'retry', inputs, limits: {} },
          now,
        );
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'campaign.drafted',
        resource: `campaign:${id}`,
        after: { ...subject, ...draft, left },
        requestId,
      });
      await outbox.drop(tx, {
        tenantId: principal.tenantId,
        type: 'campaign.created',
        key: id,
        payload: { campaignId: id },
      });
      return answer(tx, id);
    });
  }
}

/** Ended, or halted with nobody being returned; a return is never retried as a campaign of its own. */
async function refuseUnlessOver(tx: Tx, old: CampaignRow): Promise<void> {
  if (old.parentId !== null) throw refuse(old, 'It returns devices: roll its parent back again.');
  if (old.state === 'denied' || !(hasEnded(old.state) || old.state === 'halted'))
    throw refuse(old, `A campaign that is ${old.state.replaceAll('_', ' ')} still has its devices.`);
  const child = old.childId === null ? null : await campaignStore.get(tx, old.childId);
  if (child !== null && !hasEnded(child.state))
    throw refuse(old, 'Its devices are being returned.', { childId: child.id });
  const release = old.releaseId === null ? null : await releaseStore.find(tx, old.releaseId);
  if (release !== null && release.state !== 'published')
    throw refuse(old, `Its release is ${release.state}.`, { releaseId: release.id });
}
