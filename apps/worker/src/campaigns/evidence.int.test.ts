import type { CampaignPlan, GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { explainDecision } from '@muster/domain/campaigns/explain-decision';
import { type GateInputs, judgeGate } from '@muster/domain/campaigns/judge-gate';
import { decisionStore } from '@muster/persistence/campaigns/decision.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import { partitionStore } from '@muster/persistence/telemetry/partition.store';
import { systemClock } from '@muster/runtime/clock/clock';
import { createLogger } from '@muster/runtime/logging/logger';
import { createMetrics } from '@muster/runtime/metrics/metrics';
import { CampaignTenant, smallPlan } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EvidenceCollector } from './evidence-collector.js';

let test: TestDatabase;
let tenant: CampaignTenant;
let collector: EvidenceCollector;
const MINUTE = 60;

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => partitionStore.extend(tx, new Date('2026-03-01T10:00:00.000Z')));
});
afterAll(() => test.drop());
beforeEach(async () => {
  tenant = await new CampaignTenant(test.database).open();
  const clock = { ...systemClock, now: () => tenant.now };
  collector = new EvidenceCollector(
    test.database,
    clock,
    createLogger({ process: 'worker', level: 'silent' }),
    createMetrics('worker'),
  );
});

const gate: GateLimits = {
  ...smallPlan.gate,
  minSample: 8,
  soakS: 300,
  health: { maxErrorRise: 0.05, maxBurn: 3, baselineS: 1800, metrics: [] },
};
const plan: Partial<CampaignPlan> = {
  waves: [{ size: { devices: 10 } }, { size: { percent: 50 } }, { size: { percent: 100 } }],
  gate,
  concurrency: 100,
};

/** What a device says in a minute: nothing, that it is well, or that it is not; and a reading if it has one. */
type Minute = 'ok' | 'error' | null | { temperature: number };

/** Lets minutes go by: each device says something or not, the collector looks, and the campaign is ticked. */
async function live(
  devices: readonly string[],
  minutes: number,
  says: (deviceId: string, minute: number) => Minute,
  campaign?: string,
): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    tenant.later(MINUTE);
    const heard = devices.map((id) => ({ id, said: says(id, minute) })).filter(({ said }) => said !== null);
    await tenant.as(async (tx) => {
      const ids = heard.map(({ id }) => id);
      await tx.query('update device_state set last_seen_at = $1 where device_id = any($2::uuid[])', [tenant.now, ids]);
    });
    await test.database.system(async (tx) => {
      await tx.query(
        `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, extra)
         select d.device_key, $3::timestamptz - (1 + d.device_key % 5) * interval '1 second', extract(epoch from $3::timestamptz), 1, $3, 1,
           jsonb_build_object('status', h.said)
         from unnest($1::uuid[], $2::text[]) h(id, said) join devices d on d.id = h.id`,
        [heard.map(({ id }) => id), heard.map(({ said }) => (said === 'error' ? 'error' : 'ok')), tenant.now],
      );
      const readings = heard.flatMap(({ id, said }) => (typeof said === 'object' ? [{ id, ...said! }] : []));
      await tx.query(
        `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, dt_ms, metric, value)
         select d.device_key, $3::timestamptz - interval '6 seconds', extract(epoch from $3::timestamptz), 2, $3, 1, '{0}', array[m.id], array[h.value]
         from unnest($1::uuid[], $2::float8[]) h(id, value) join devices d on d.id = h.id
         join metrics m on m.tenant_id = d.tenant_id and m.key = 'temperature_c'`,
        [readings.map(({ id }) => id), readings.map(({ temperature }) => temperature), tenant.now],
      );
    });
    if (campaign === undefined) continue;
    await collector.collect();
    await tenant.tick(campaign);
    if ((await tenant.inState(campaign, 'offered')).length > 0) await tenant.update(campaign, '2.0.0');
  }
}

/** A campaign over `n` devices that were well for half an hour, with its first wave updated and confirmed. */
async function firstWave(
  n: number,
  over: Partial<CampaignPlan> = {},
  past: (id: string, minute: number) => Minute = () => 'ok',
) {
  const [old, next] = [await tenant.release('1.0.0'), await tenant.release('2.0.0')];
  const devices = await tenant.fleet(n, [{ id: old, version: '1.0.0' }]);
  await live(devices, 30, past);
  const id = await tenant.launch(next, { ...plan, ...over });
  await tenant.tick(id);
  await tenant.update(id, '2.0.0');
  await tenant.tick(id);
  const rows = await tenant.as((tx) =>
    tx.query<{ deviceId: string; wave: number }>(
      'select device_id as "deviceId", wave from campaign_targets where campaign_id = $1',
      [id],
    ),
  );
  const ofWave = (wave: number) => new Set(rows.filter((row) => row.wave === wave).map(({ deviceId }) => deviceId));
  return { id, devices, updated: ofWave(1), ofWave };
}
const waves = (id: string) => tenant.as((tx) => waveStore.list(tx, [id]));
const records = async (id: string) => (await tenant.as((tx) => decisionStore.list(tx, id, null, 1000))).reverse();

/** Every gate record, judged again from itself. */
async function judgeAgain(id: string): Promise<void> {
  for (const record of await records(id)) {
    expect(explainDecision(record)).toBe(record.sentence);
    if (record.kind !== 'gate') continue;
    const { verdict, code } = judgeGate(record.inputs as unknown as GateInputs, record.limits as unknown as GateLimits);
    expect([verdict, code]).toEqual([record.verdict, record.code]);
  }
}

describe('a gate over devices in service', () => {
  it('holds until devices have been observed, then passes those that are well', async () => {
    const { id, devices } = await firstWave(60);
    expect((await waves(id))[0]).toMatchObject({ state: 'soaking', reasonCode: 'no_evidence' });
    await live(devices, 2, () => 'ok', id);
    expect((await waves(id))[0]).toMatchObject({ state: 'soaking', reasonCode: 'waiting_for_evidence' });
    await live(devices, 5, () => 'ok', id);
    const [first, second] = await waves(id);
    expect(first).toMatchObject({ state: 'passed', reasonCode: 'gate_passed' });
    expect(first!.evidence).toMatchObject({ devices: 10, errors: 0, rates: { updated: { n: 10, mean: 0 } } });
    expect(first!.evidence!.rates!.control!.after).toMatchObject({ mean: 0 });
    expect(second!.state).toBe('soaking');
    await judgeAgain(id);
  });

  it.each(['error', null] as const)('halts when updated devices say %s and the others do not', async (said) => {
    const { id, devices, updated } = await firstWave(60);
    await live(devices, 10, (device) => (updated.has(device) ? said : 'ok'), id);
    const campaign = await tenant.campaign(id);
    expect(campaign).toMatchObject({ state: 'rolling_back', reasonCode: 'error_rise' });
    expect(campaign.reasonDetail).toMatch(
      /^Wave 1 halted: 100% of heartbeats missing or in error against 0% expected from devices not updated, \+100 points/,
    );
    await judgeAgain(id);
  });

  it('does not halt for an outage that hits everybody', async () => {
    const { id, devices } = await firstWave(60);
    await live(devices, 15, (_, minute) => (minute < 4 || minute > 9 ? 'ok' : null), id);
    expect((await tenant.campaign(id)).state).toBe('running');
    // The last wave, too, with nobody left to compare with: what hit all of them before it opened is not held against it.
    await live(devices, 8, () => 'ok', id);
    expect((await waves(id)).map(({ state }) => state)).toEqual(['passed', 'passed', 'passed']);
    await judgeAgain(id);
  });

  it('halts for a regression that a good day hides', async () => {
    // Every third minute was bad for everybody. Today it is for those that were updated alone.
    const { id, devices, updated } = await firstWave(60, {}, (_, minute) => (minute % 3 === 0 ? 'error' : 'ok'));
    await live(devices, 30, (device, minute) => (updated.has(device) && minute % 3 === 0 ? 'error' : 'ok'), id);
    expect((await tenant.campaign(id)).reasonCode).toBe('error_rise');
  });

  it('holds when the evidence grows old, and says so', async () => {
    const { id, devices } = await firstWave(60);
    await live(devices, 4, () => 'ok', id);
    expect((await waves(id))[0]).toMatchObject({ state: 'soaking', reasonCode: 'gate_passed' });
    tenant.later(10 * MINUTE);
    await tenant.tick(id);
    expect((await waves(id))[0]).toMatchObject({ state: 'soaking', reasonCode: 'no_evidence' });
    await live(devices, 1, () => 'ok');
    await judgeAgain(id);
  });

  it('watches a wave that has passed: devices that fail in service later halt the campaign', async () => {
    const { id, devices, updated } = await firstWave(60);
    await live(devices, 8, () => 'ok', id);
    expect((await waves(id)).map(({ state }) => state)).toEqual(['passed', 'soaking', 'planned']);
    await live(devices, 20, (device) => (updated.has(device) ? 'error' : 'ok'), id);
    const [first] = await waves(id);
    expect(first).toMatchObject({ state: 'halted', reasonCode: expect.stringMatching(/^error_(rise|burn)$/) });
    expect((await tenant.campaign(id)).reasonDetail).toContain('Wave 1 halted');
    await judgeAgain(id);
  });

  it('judges while paused', async () => {
    const { id, devices, updated } = await firstWave(60);
    await tenant.as((tx) =>
      tx.query(`update campaigns set state = 'paused', version = version + 1 where id = $1`, [id]),
    );
    await live(devices, 10, (device) => (updated.has(device) ? 'error' : 'ok'), id);
    expect((await tenant.campaign(id)).reasonCode).toBe('error_rise');
  });

  it('judges the last wave by its own past, and says so', async () => {
    const { id, devices } = await firstWave(20, { waves: [{ size: { percent: 100 } }] });
    await live(devices, 10, (_, minute) => (minute < 5 ? 'error' : 'ok'), id);
    expect((await tenant.campaign(id)).reasonDetail).toContain(
      'of the same devices before, with none left that are not updated',
    );
    await judgeAgain(id);
  });

  it('compares a metric with the past and with the others', async () => {
    await tenant.as((tx) => tx.query(`insert into metrics (tenant_id, key) values ($1, 'temperature_c')`, [tenant.id]));
    const health = { ...gate.health!, metrics: [{ metric: 'temperature_c', bad: 'up', maxChange: 4 } as const] };
    const warm = (by: number) => (device: string) => ({ temperature: by + (device.charCodeAt(35) % 3) });
    const { id, devices, updated } = await firstWave(60, { gate: { ...gate, health } }, warm(30));
    // A hot day for everybody: nothing to see.
    await live(devices, 4, warm(40), id);
    expect((await waves(id))[0]).toMatchObject({ reasonCode: 'gate_passed' });
    await live(devices, 12, (device) => warm(updated.has(device) ? 52 : 40)(device), id);
    const campaign = await tenant.campaign(id);
    expect(campaign.reasonCode).toBe('metric.temperature_c');
    expect(campaign.reasonDetail).toMatch(
      /^Wave 1 halted: temperature_c is 4\d\.?\d? on average against 4\d\.?\d? expected/,
    );
    await judgeAgain(id);
  });

  it('leaves devices out of the control that were silent before the update', async () => {
    const { id, devices, ofWave } = await firstWave(60);
    const dead = new Set([...ofWave(3)].slice(0, 20));
    await live(devices, 6, (device) => (dead.has(device) ? null : 'ok'));
    await test.database.system((tx) =>
      tx.query('delete from messages m using devices d where d.device_key = m.device_key and d.id = any($1::uuid[])', [
        [...dead],
      ]),
    );
    await live(devices, 1, (device) => (dead.has(device) ? null : 'ok'), id);
    expect((await waves(id))[0]!.evidence!.rates!.control!.after).toMatchObject({ n: 30, mean: 0 });
  });

  it('observes devices anew after a halt that somebody resumed', async () => {
    const { id, devices, updated } = await firstWave(60, { autoRollback: false });
    await live(devices, 8, (device) => (updated.has(device) ? 'error' : 'ok'), id);
    expect((await tenant.campaign(id)).state).toBe('halted');
    await tenant.as(async (tx) => {
      await waveStore.reopen(tx, id, tenant.now);
      await tx.query(`update campaigns set state = 'running', version = version + 1 where id = $1`, [id]);
    });
    await live(devices, 8, () => 'ok', id);
    expect((await waves(id))[0]!.evidence!.rates!.updated.mean).toBe(0);
    expect((await tenant.campaign(id)).state).toBe('running');
  });

  it('records a gate whose counts change at most once a minute, and nothing twice', async () => {
    const { id, devices } = await firstWave(60);
    await live(devices, 12, () => 'ok', id);
    const gates = (await records(id)).filter(({ kind, wave }) => kind === 'gate' && wave === 1);
    const said = gates.map(({ code, inputs }) => JSON.stringify([code, inputs]));
    expect(new Set(said).size).toBe(said.length);
    expect(gates.map(({ code }) => code)).toEqual([
      'waiting_for_sample',
      'no_evidence',
      'waiting_for_evidence',
      'gate_passed',
    ]);
    await tenant.tick(id);
    expect((await records(id)).filter(({ kind, wave }) => kind === 'gate' && wave === 1)).toHaveLength(gates.length);
  });

  it('looks at nobody for a campaign that does not ask', async () => {
    const { health: _, ...plain } = gate;
    const { id, devices } = await firstWave(60, { gate: plain });
    await live(devices, 4, () => null, id);
    expect((await waves(id)).map(({ evidence }) => evidence)).toEqual([null, null, null]);
    expect((await tenant.campaign(id)).state).toBe('running');
  });

  it('wants nine of ten devices installed in time', async () => {
    const { health: _, ...plain } = gate;
    const { id, devices } = await firstWave(60, { gate: { ...plain, maxInstallS: 60 } });
    await tenant.as((tx) =>
      tx.query(
        `update executions set accepted_at = booted_at - interval '2 minutes' where campaign_id = $1 and booted_at is not null`,
        [id],
      ),
    );
    await live(devices, 1, () => 'ok', id);
    expect((await tenant.campaign(id)).reasonDetail).toBe(
      'Wave 1 halted: nine of ten devices took up to 120 s from their yes to the confirmed boot against a limit of 60 s.',
    );
  });
});
