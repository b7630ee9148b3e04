import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { CampaignTenant, smallPlan } from '@muster/testkit/campaign-tenant';
import { FakeClock } from '@muster/testkit/fake-clock';
import type { TestDatabase } from '@muster/testkit/postgres';
import { CommandsModule } from '../commands/commands.module.js';
import { openHarness } from '../people.harness.js';
import { CampaignsModule } from './campaigns.module.js';

export type Shown = { id: string; version: number; state: string; [more: string]: unknown };

/** For tests: ten devices on 1.0.0, release 2.0.0, the api, and a clock and ticks that are moved by hand. */
export async function openControl(test: TestDatabase) {
  const tenant = await new CampaignTenant(test.database).open();
  const clock = new FakeClock(tenant.now);
  const api = await openHarness(test.database, clock, [CampaignsModule, CommandsModule], { tenantId: tenant.id });
  const old = await tenant.release('1.0.0');
  const release = await tenant.release('2.0.0');
  await tenant.fleet(10, [{ id: old, version: '1.0.0' }]);

  type Client = ReturnType<typeof api.as>;
  const manager = () => api.as('release_manager');
  const match = (campaign: Shown) => ({ 'if-match': `"${campaign.version}"` });
  return {
    tenant,
    api,
    release,
    manager,
    close: () => api.close(),

    async draft(plan: Partial<CampaignPlan> = {}, as: Client = manager()): Promise<Shown> {
      const body = { name: 'rollout', releaseId: release, selector: {}, plan: { ...smallPlan, ...plan } };
      const answer = await as.post('/campaigns', body);
      if (answer.statusCode !== 201) throw new Error(answer.body);
      return answer.json();
    },
    async act(campaign: Shown, verb: string, body: object = {}, as: Client = manager()): Promise<Shown> {
      return (await as.post(`/campaigns/${campaign.id}/${verb}`, body, match(campaign))).json();
    },
    async patch(campaign: Shown, body: object, as: Client = manager()): Promise<Shown> {
      return (await as.patch(`/campaigns/${campaign.id}`, body, match(campaign))).json();
    },
    show: async (id: string): Promise<Shown> => (await manager().get(`/campaigns/${id}`)).json(),
    explain: async (id: string) => (await manager().get(`/campaigns/${id}/explanation`)).json(),
    letters: (type: string) =>
      tenant.as((tx) =>
        tx.query<{ payload: Record<string, unknown> }>('select payload from outbox where type = $1 order by id', [
          type,
        ]),
      ),
    later(seconds: number): void {
      tenant.later(seconds);
      clock.advance(seconds * 1000);
    },
    /** Moves executions on as their devices would report it. */
    async report(id: string, to: readonly ExecutionState[]): Promise<void> {
      const offered = await tenant.inState(id, 'offered');
      for (const [i, state] of to.entries())
        await tenant.as(async (tx) => {
          const row = (await executionStore.lock(tx, offered[i]!.id, offered[i]!.deviceId))!;
          await executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, tenant.now);
        });
    },
    states: (id: string) =>
      tenant.as(async (tx) => {
        const rows = await tx.query<{ state: string; n: number }>(
          'select state, count(*)::int as n from executions where campaign_id = $1 group by 1',
          [id],
        );
        return Object.fromEntries(rows.map((row) => [row.state, row.n]));
      }),
  };
}
