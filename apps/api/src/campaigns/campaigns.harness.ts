import { deviceStore } from '@muster/persistence/devices/device.store';
import type { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { openHarness } from '../people.harness.js';
import { CampaignsModule } from './campaigns.module.js';

export interface ReleaseExtra {
  name?: string;
  state?: string;
  passThrough?: boolean;
  minVersion?: string;
  revisions?: string[];
  supportUntil?: string;
}
/**
 * For tests: campaigns over the API, of releases and devices that are simply there, brought by hand to where ticks and
 * devices would have brought them.
 */
export async function openCampaigns(clock: FakeClock) {
  const test: TestDatabase = await testDatabase();
  const api = await openHarness(test.database, clock, [CampaignsModule]);
  const manager = () => api.as('release_manager');
  const sql = (text: string, params: unknown[] = []) =>
    test.database.tenant(api.tenantId, (tx) => tx.query(text, params));

  async function release(version: string, more: ReleaseExtra = {}): Promise<string> {
    const [artifact, id] = [uuidv7(), uuidv7()];
    await sql(
      `insert into artifacts (tenant_id, id, name, size, sha256, received, state, created_by)
       values ($1, $2, 'fw.bin', 1000, $3, 1000, 'complete', 'test')`,
      [api.tenantId, artifact, artifact.replaceAll('-', '').repeat(2)],
    );
    await sql(
      `insert into releases (tenant_id, id, name, version, models, artifact_id, state, created_by, published_at, pass_through,
         min_version, hardware_revisions, support_until)
       values ($1, $2, $3, $4, '{m1}', $5, $6, 'test', now(), $7, $8, $9, $10)`,
      [
        api.tenantId,
        id,
        more.name ?? `fw-${id.slice(-12)}`,
        version,
        artifact,
        more.state ?? 'published',
        more.passThrough ?? false,
        more.minVersion ?? null,
        more.revisions ?? [],
        more.supportUntil ?? null,
      ],
    );
    return id;
  }

  async function devices(
    n: number,
    site: string,
    more: { version?: string; revision?: string } = {},
  ): Promise<string[]> {
    return test.database.tenant(api.tenantId, async (tx) => {
      const ids: string[] = [];
      for (let i = 0; i < n; i++) {
        const row = await deviceStore.insert(
          tx,
          {
            name: `${site}-${i}`,
            serial: uuidv7(),
            model: 'm1',
            hardwareRevision: more.revision ?? null,
            class: 'gateway',
            site,
            labels: {},
            state: 'active',
          },
          clock.now(),
        );
        ids.push(row!.id);
      }
      await tx.query('update devices set firmware_version = $2 where id = any($1::uuid[])', [
        ids,
        more.version ?? '1.0.0',
      ]);
      return ids;
    });
  }

  const gate = { maxFailureRate: 0.5, minSample: 1, minResolvedShare: 0.5, soakS: 0 };
  const whole = { waves: [{ size: { percent: 100 } }], gate, autoRollback: false };
  const draft = (releaseId: string, selector: object, plan: object = {}) => ({
    name: 'rollout',
    releaseId,
    selector,
    plan: { ...whole, ...plan },
  });
  const post = async (path: string, body: object = {}, headers: Record<string, string> = {}) =>
    (await manager().post(path, body, headers)).json();
  const act = (campaign: { id: string; version: number }, verb: string, body: object = {}) =>
    post(`/campaigns/${campaign.id}/${verb}`, body, { 'if-match': `"${campaign.version}"` });
  const get = async (id: string) => (await manager().get(`/campaigns/${id}`)).json();
  const launched = async (releaseId: string, selector: object, plan: object = {}) =>
    act(await post('/campaigns', draft(releaseId, selector, plan)), 'launch');
  const executions = async (id: string) =>
    (await manager().get(`/campaigns/${id}/executions?pageSize=200`)).json().items as {
      id: string;
      deviceId: string;
      state: string;
      reasonCode: string | null;
    }[];
  /** Puts executions where devices and ticks would have brought them, with the counts that go with it. */
  async function bring(id: string, states: readonly string[], campaignState?: string): Promise<void> {
    const rows = await executions(id);
    for (const [i, state] of states.entries())
      await sql('update executions set state = $2, offered_at = now() where id = $1', [rows[i]!.id, state]);
    await sql(
      `update campaign_waves w set counters = (select jsonb_object_agg(state, n) from (select state, count(*) as n from executions e
         where e.campaign_id = w.campaign_id and e.wave = w.n group by 1) x), state = 'open' where campaign_id = $1`,
      [id],
    );
    if (campaignState !== undefined)
      await sql(`update campaigns set state = $2, current_wave = 1 where id = $1`, [id, campaignState]);
  }
  const sum = (counters: Record<string, number>) => Object.values(counters).reduce((a, b) => a + b, 0);

  const close = async () => {
    await api.close();
    await test.drop();
  };
  return { test, api, sql, release, devices, draft, whole, post, act, get, launched, executions, bring, sum, close };
}
