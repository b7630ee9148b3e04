import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { decideTick } from '@muster/domain/campaigns/decide-tick';
import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { loadTick } from '@muster/persistence/campaigns/tick.store';
import { applyTick } from '@muster/persistence/campaigns/tick-apply.store';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../http/refusal.js';
import type { ActionCall } from './acting.js';
import { ActionsService } from './actions.service.js';

/** Tenants race beside each other, each through its campaigns one after another: a thousand rounds in all. */
const TENANTS = 5;
const CAMPAIGNS = 2;
const ROUNDS = 100;
const CONCURRENCY = 4;

let test: TestDatabase;

/** Small, seeded, and the same everywhere: a failing race can be run again. */
const dice = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
};

beforeAll(async () => {
  test = await testDatabase();
  const owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
  // Whoever offers holds the campaign's row: what the trigger sees is what was true when the offer was made.
  await owner.query(`
    create table witnessed (campaign_id uuid, state text);
    grant insert, select on witnessed to muster_app, muster_system;
    create function witness() returns trigger language plpgsql as $$
      begin
        insert into witnessed select c.id, c.state from campaigns c where c.id = new.campaign_id;
        return null;
      end $$;
    create trigger witness after update on executions for each row
      when (new.state = 'offered' and old.state <> 'offered') execute function witness();`);
  await owner.end();
});
afterAll(() => test.drop());

interface Racing {
  readonly tenant: CampaignTenant;
  readonly actions: ActionsService;
}
type Verb = 'pause' | 'resume' | 'hold' | 'advance' | 'stop';
const outcomes: Record<string, number> = {};

/** Does it on the version seen just before, as a person does; says how it went. */
async function operate({ tenant, actions }: Racing, id: string, verb: Verb): Promise<void> {
  const seen = await tenant.campaign(id);
  const principal = { kind: 'user', id: 'anna', name: 'anna', tenantId: tenant.id };
  const call = { principal, params: { campaignId: id }, body: {}, requestId: 'r', ifMatch: seen.version };
  const outcome = await actions[verb](call as unknown as ActionCall).then(
    () => 'done',
    (error: unknown) => {
      if (error instanceof Refusal) return error.code;
      throw error;
    },
  );
  outcomes[`${verb} ${outcome}`] = (outcomes[`${verb} ${outcome}`] ?? 0) + 1;
}

/** A ticker that read its facts, and applies them after somebody else has acted. */
async function lateTick({ tenant }: Racing, id: string, between: () => Promise<void>): Promise<void> {
  const held = await tenant.lease(id, 'late');
  if (held === null) return between();
  const loaded = (await tenant.as((tx) => loadTick(tx, id, tenant.now)))!;
  const decisions = decideTick(loaded.facts, tenant.now);
  await between();
  if (decisions.length > 0) {
    const applied = await tenant.as((tx) => applyTick(tx, loaded, decisions, held, tenant.now));
    outcomes[`late tick ${applied}`] = (outcomes[`late tick ${applied}`] ?? 0) + 1;
  }
  await tenant.as((tx) => campaignStore.releaseLease(tx, held));
}

/** A device with an offer says its next word. */
async function report({ tenant }: Racing, id: string, roll: number): Promise<void> {
  const next: Partial<Record<ExecutionState, ExecutionState>> = {
    offered: 'accepted',
    accepted: 'installing',
    installing: 'rejected',
  };
  const busy = await tenant.as((tx) =>
    tx.query<{ id: string; deviceId: string }>(
      `select id, device_id as "deviceId" from executions where campaign_id = $1 and state in ('offered', 'accepted', 'installing')
       order by id`,
      [id],
    ),
  );
  const one = busy[Math.floor(roll * busy.length)];
  if (one === undefined) return;
  await tenant.as(async (tx) => {
    const row = (await executionStore.lock(tx, one.id, one.deviceId))!;
    const state = next[row.state];
    if (state !== undefined)
      await executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, tenant.now);
  });
}

const slots = async ({ tenant }: Racing, id: string): Promise<number> => {
  const [row] = await tenant.as((tx) =>
    tx.query<{ n: number }>(
      `select count(*)::int as n from executions where campaign_id = $1
         and state in ('offered', 'accepted', 'downloading', 'downloaded', 'installing', 'rebooting', 'verifying')`,
      [id],
    ),
  );
  return row!.n;
};

async function race(seed: number): Promise<void> {
  const roll = dice(seed);
  const tenant = await new CampaignTenant(test.database).open();
  const racing = { tenant, actions: new ActionsService(test.database, { now: () => tenant.now } as never) };
  const old = await tenant.release('1.0.0');
  await tenant.fleet(60, [{ id: old, version: '1.0.0' }]);
  const gate = { maxFailureRate: 1, maxTimeoutRate: 1, minSuccessRate: 0, minSample: 1, minResolvedShare: 0, soakS: 0 };
  for (let n = 0; n < CAMPAIGNS; n++) {
    const release = await tenant.release(`2.${n}.0`);
    const waves = [{ size: { devices: 10 } }, { size: { devices: 30 } }, { size: { percent: 100 } }];
    const id = await tenant.launch(release, { waves, gate, concurrency: CONCURRENCY, autoRollback: false });
    for (let round = 0; round < ROUNDS; round++) {
      const last = round === ROUNDS - 1;
      const verbs: Verb[] = ['pause', 'resume', 'resume', 'hold', 'advance'];
      const act = () => operate(racing, id, last ? 'stop' : verbs[Math.floor(roll() * verbs.length)]!);
      const said = roll();
      await (roll() < 0.4
        ? lateTick(racing, id, act)
        : Promise.all([tenant.tick(id), act(), report(racing, id, said), tenant.tick(id)]));
      if (round % 10 === 0) expect(await slots(racing, id)).toBeLessThanOrEqual(CONCURRENCY);
      tenant.later(1);
    }
    for (let i = 0; i < 3 * CONCURRENCY; i++) await report(racing, id, 0);
    await tenant.tick(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'stopped' });
    for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
  }
}

describe('operator against reconciler', () => {
  it('a thousand times: no offer after a pause, never over the cap, and counters that are true', {
    timeout: 120_000,
  }, async () => {
    await Promise.all(Array.from({ length: TENANTS }, (_, n) => race(20261121 + n)));

    const witnessed = await test.database.system((tx) =>
      tx.query<{ state: string; n: number }>('select state, count(*)::int as n from witnessed group by 1'),
    );
    expect(witnessed.map((row) => row.state).filter((state) => state !== 'running' && state !== 'held')).toEqual([]);
    expect(witnessed.reduce((sum, row) => sum + row.n, 0)).toBeGreaterThan(100);
    // The races were races: actions were done, actions were refused on a stale page, and late ticks found other facts.
    for (const outcome of ['pause done', 'resume done', 'hold done', 'late tick stale'])
      expect([outcome, (outcomes[outcome] ?? 0) > 5]).toEqual([outcome, true]);
  });
});
