import type * as routes from '@muster/contracts/campaigns/campaigns.routes';
import { addCounts } from '@muster/domain/campaigns/count-executions';
import { previewStop } from '@muster/domain/campaigns/explain-stop';
import { audit } from '@muster/persistence/audit/audit.store';
import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toSummary } from './campaign.resource.js';
import { subjectOf } from './campaign-subject.js';
import { editCampaign } from './edit-campaign.js';
import { checkPlan, previewOf } from './preview-targets.js';
import { answer, viewOf, viewsOf } from './read-campaign.js';
import { checkSuperseded } from './superseded-campaign.js';

/** Campaigns as people draft and read them. */
@Injectable()
export class CampaignsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listCampaigns>) {
    const { state, active, releaseId, pageSize } = call.query;
    const after = this.paging.after(call) as [string, string] | null;
    const filter = { state, releaseId, active: active === undefined ? undefined : active === 'true' };
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await campaignStore.list(tx, filter, after, pageSize + 1);
      const views = await viewsOf(tx, rows);
      return this.paging.page(call, views, ({ row }) => [row.createdAt.toISOString(), row.id], toSummary);
    });
  }

  get(call: Call<typeof routes.getCampaign>) {
    return this.database.tenant(call.principal.tenantId, (tx) => answer(tx, call.params.campaignId));
  }

  preview(call: Call<typeof routes.previewCampaign>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const release = await subjectOf(tx, call.body);
      return previewOf(tx, call.body, release, this.clock.now());
    });
  }

  update(call: Call<typeof routes.updateCampaign>) {
    return this.database.insist(call.principal.tenantId, (tx) => editCampaign(tx, call, this.clock.now()));
  }

  /** Counts alone tell it: the cost does not follow the fleet. */
  previewStop(call: Call<typeof routes.previewStop>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const { waves } = await viewOf(tx, call.params.campaignId);
      return { groups: previewStop(addCounts(waves.map((wave) => wave.counts))) };
    });
  }

  create(call: Call<typeof routes.createCampaign>) {
    const { body, principal, requestId } = call;
    const now = this.clock.now();
    return this.database.tenant(principal.tenantId, async (tx) => {
      const release = await subjectOf(tx, body);
      if (release !== null && release.state !== 'published')
        throw new Refusal('release_state_refused', `The release is ${release.state}; only published ones roll out.`);
      await checkSuperseded(tx, body);
      await checkPlan(tx, body, release, now);
      const id = uuidv7();
      const { name, kind, selector, plan, releaseId = null, configId = null, configNumber = null } = body;
      const { command = null, supersedes = null } = body;
      const subject = { releaseId, configId, configNumber, command };
      const createdBy = principal.name;
      await campaignStore.insert(
        tx,
        { id, parentId: null, kind, name, state: 'draft', selector, plan, createdBy, supersedes, ...subject },
        now,
      );
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'campaign.drafted',
        resource: `campaign:${id}`,
        after: body,
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
