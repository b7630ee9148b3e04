import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EvidenceBundle } from '@muster/contracts/campaigns/campaigns.schema';
import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { momentsOf } from '@muster/domain/campaigns/confidence-interval';
import { judgeAgain } from '@muster/domain/campaigns/judge-again';
import type { ServiceEvidence } from '@muster/domain/campaigns/weigh-evidence';
import { evidenceStore } from '@muster/persistence/campaigns/evidence.store';
import { CampaignTenant, smallPlan } from '@muster/testkit/campaign-tenant';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHarness } from '../people.harness.js';
import { CampaignsModule } from './campaigns.module.js';

let test: TestDatabase;
let folder: string;
let tenant: CampaignTenant;
let api: Awaited<ReturnType<typeof openHarness>>;
let id: string;

const gate: GateLimits = {
  ...smallPlan.gate,
  health: { maxErrorRise: 0.05, maxBurn: 3, baselineS: 1800, metrics: [] },
};

/** Ten updated devices with this error rate, beside twenty that are well; all were well before. */
const seen = (rate: number): ServiceEvidence => {
  const all = (n: number, value: number) => momentsOf(Array.from({ length: n }, () => value))!;
  const control = { after: all(20, 0), before: all(20, 0), change: all(20, 0) };
  return {
    asOf: tenant.now.toISOString(),
    devices: 10,
    expected: 100,
    errors: 100 * rate,
    rates: { updated: all(10, rate), baseline: all(10, 0), change: all(10, rate), control },
    metrics: [],
    installs: null,
  };
};
const observe = (n: number, evidence: ServiceEvidence) =>
  tenant.as((tx) => evidenceStore.record(tx, { campaignId: id, n, since: null }, evidence));

beforeAll(async () => {
  test = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'muster-evidence-'));
  tenant = await new CampaignTenant(test.database).open();
  api = await openHarness(test.database, new FakeClock(tenant.now), [CampaignsModule], { tenantId: tenant.id });
  const [old, next] = [await tenant.release('1.0.0'), await tenant.release('2.0.0')];
  await tenant.fleet(30, [{ id: old, version: '1.0.0' }]);
  const waves = [{ size: { devices: 10 } }, { size: { percent: 100 } }];
  id = await tenant.launch(next, { waves, gate, concurrency: 10, autoRollback: false });
  await tenant.tick(id);
  await tenant.update(id, '2.0.0');
  await observe(1, seen(0));
  await tenant.tick(id);
  // The second wave is open when the devices of the first begin to fail.
  tenant.later(60);
  await observe(1, seen(0.5));
  await tenant.tick(id);
  await observe(1, seen(0));
});
afterAll(async () => {
  await api.close();
  await test.drop();
  await rm(folder, { recursive: true });
});

const bundle = async (): Promise<EvidenceBundle> => (await api.as('viewer').get(`/campaigns/${id}/evidence`)).json();

async function run(content: unknown) {
  const path = join(folder, 'bundle.json');
  await writeFile(path, JSON.stringify(content));
  const tool = fileURLToPath(new URL('../../../../tools/judge-again.mjs', import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [tool, path], { encoding: 'utf8' });
  return { status, said: stdout.trim().split('\n') };
}

describe('the gate of a campaign', () => {
  it('shows what halted it, even when the devices are well again', async () => {
    const campaign = (await api.as('viewer').get(`/campaigns/${id}`)).json();
    expect(campaign).toMatchObject({ state: 'halted', reasonCode: 'error_rise', currentWave: 2 });
    expect(campaign.gate.find(({ code }: { code: string }) => code === 'error_rise')).toMatchObject({
      verdict: 'halt',
      observed: 0.5,
      reference: 0,
      against: 'control',
      n: 10,
    });
    expect(campaign.sentence).toBe(
      'Wave 1 halted: 50% of heartbeats missing or in error against 0% expected from devices not updated, +50 points (95% interval 30.5 to 69.5) against a limit of 5 points.',
    );
  });
});

describe('judging again', () => {
  it('comes to the same for every record of a campaign, offline', async () => {
    const { decisions } = await bundle();
    expect(decisions.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['gate', 'wave_opened', 'wave_passed']));
    expect(judgeAgain(decisions)).toEqual({ recomputed: decisions.length, differ: [] });
    expect(await run(await bundle())).toEqual({ status: 0, said: [`${decisions.length} recomputed, 0 differ`] });
  });

  it.each([
    [
      'a verdict was changed',
      (records: EvidenceBundle['decisions']) => {
        halt(records).verdict = 'pass';
      },
    ],
    [
      'a sentence was changed',
      (records: EvidenceBundle['decisions']) => {
        halt(records).sentence = 'All is well.';
      },
    ],
    [
      'evidence was changed',
      (records: EvidenceBundle['decisions']) => {
        (halt(records).inputs.evidence as { rates: { updated: { mean: number } } }).rates.updated.mean = 0.01;
      },
    ],
    [
      'a limit was changed',
      (records: EvidenceBundle['decisions']) => {
        (halt(records).limits.health as { maxErrorRise: number }).maxErrorRise = 0.9;
      },
    ],
    [
      'a record was taken out',
      (records: EvidenceBundle['decisions']) => {
        records.splice(2, 1);
      },
    ],
    [
      'evidence was taken out',
      (records: EvidenceBundle['decisions']) => {
        halt(records).limits = { health: {} };
      },
    ],
  ])('finds out that %s', async (_, alter) => {
    const altered = await bundle();
    alter(altered.decisions);
    const { status, said } = await run(altered);
    expect(status).toBe(1);
    expect(said.at(-1)).toMatch(/^\d+ recomputed, [1-9]\d* differ$/);
  });

  it('refuses what is no bundle', async () => {
    expect((await run({ decisions: 1 })).status).toBe(2);
  });
});

const halt = (records: EvidenceBundle['decisions']) => records.find(({ verdict }) => verdict === 'halt')!;
