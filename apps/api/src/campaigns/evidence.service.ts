import type * as routes from '@muster/contracts/campaigns/campaigns.routes';
import type { explainDevice as explainDeviceRoute } from '@muster/contracts/devices/devices.routes';
import { explainDevice } from '@muster/domain/campaigns/explain-device';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { failureStore } from '@muster/persistence/campaigns/failure.store';
import { targetStore } from '@muster/persistence/campaigns/target.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { requireDevice } from '../devices/require-device.js';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { Refusal } from '../http/refusal.js';
import { explain, toCampaign, toDecision, toExecution } from './campaign.resource.js';
import { viewOf } from './read-campaign.js';
import { updateOf, waitsOf } from './read-waits.js';

/** Why: of a campaign, of a device, of every decision, of every failure. */
@Injectable()
export class EvidenceService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  explainCampaign(call: Call<typeof routes.explainCampaign>) {
    const now = this.clock.now();
    return this.#about(call, async (tx) => {
      const view = await viewOf(tx, call.params.campaignId);
      return explain({ ...view, waits: await waitsOf(tx, view, now) });
    });
  }

  executions(call: Call<typeof routes.listExecutions>) {
    const { campaignId } = call.params;
    const after = this.paging.after(call) as [number, string] | null;
    return this.#about(call, async (tx) => {
      const rows = await executionStore.list(tx, campaignId, call.query, after, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.position, row.id], toExecution);
    });
  }

  failures(call: Call<typeof routes.listFailures>) {
    return this.#about(call, async (tx) => ({ items: await failureStore.clusters(tx, call.params.campaignId) }));
  }

  exclusions(call: Call<typeof routes.listExclusions>) {
    const { campaignId } = call.params;
    const after = this.paging.after(call) as [string, string] | null;
    return this.#about(call, async (tx) => {
      const rows = await targetStore.exclusions(tx, campaignId, after, call.query.pageSize + 1);
      return this.paging.page(
        call,
        rows,
        (row) => [row.deviceName, row.deviceId],
        (row) => row,
      );
    });
  }

  decisions(call: Call<typeof routes.listDecisions>) {
    const { campaignId } = call.params;
    const [before = null] = (this.paging.after(call) ?? []) as [number?];
    return this.#about(call, async (tx) => {
      const rows = await decisionStore.list(tx, campaignId, before, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.seq], toDecision);
    });
  }

  /** Everything that was decided, with what it was decided from: enough to judge all of it again elsewhere. */
  evidence(call: Call<typeof routes.getEvidence>) {
    const { campaignId } = call.params;
    return this.database.tenant(call.principal.tenantId, async (tx) => ({
      campaign: toCampaign(await viewOf(tx, campaignId)),
      decisions: (await decisionStore.all(tx, campaignId)).map(toDecision),
    }));
  }

  ofDevice(call: Call<typeof routes.listDeviceExecutions>) {
    const [before = null] = (this.paging.after(call) ?? []) as [string?];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await requireDevice(tx, call.params.deviceId);
      const rows = await executionStore.ofDevice(tx, call.params.deviceId, before, call.query.pageSize + 1);
      return this.paging.page(
        call,
        rows,
        (row) => [row.id],
        (row) => ({ ...toExecution(row), campaignName: row.campaignName }),
      );
    });
  }

  explainDevice(call: Call<typeof explainDeviceRoute>) {
    const { deviceId } = call.params;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const device = await deviceStore.detail(tx, deviceId);
      if (device === null) throw Refusal.notFound('device', deviceId);
      const [newest] = await executionStore.ofDevice(tx, deviceId, null, 1);
      const excluded = await targetStore.lastExclusion(tx, deviceId);
      // An older exclusion says nothing about a device that was a target since.
      const exclusion = newest !== undefined && excluded !== null && excluded.at < newest.since ? null : excluded;
      const now = this.clock.now();
      return explainDevice(
        {
          state: device.state,
          connected: device.connected,
          lastSeenAt: device.lastSeenAt,
          pinned: device.pinned,
          version: device.firmwareVersion,
          drifts: device.driftCount,
          blockedUntil: device.updatesBlockedUntil,
          update: newest === undefined ? null : await updateOf(tx, newest, device, now),
          exclusion,
        },
        now,
      );
    });
  }

  /** Everything about a campaign begins with a look that it exists here. */
  #about<T>(
    call: { principal: { tenantId: string }; params: { campaignId: string } },
    work: (tx: Tx) => Promise<T>,
  ): Promise<T> {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await viewOf(tx, call.params.campaignId);
      return work(tx);
    });
  }
}
