import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { all, fleetAt, nightly, offeredBySite } from '@muster/testkit/fleet-at-sites';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deviceStore } from '../devices/device.store.js';
import { type ExecutionRow, executionStore } from './execution.store.js';
import { freezeStore } from './freeze.store.js';

import { recall } from './recall.js';
import { targetStore } from './target.store.js';

let test: TestDatabase;
let tenant: CampaignTenant;
let old: string;
let fresh: string;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  tenant = await new CampaignTenant(test.database).open();
  old = await tenant.release('1.0.0');
  fresh = await tenant.release('2.0.0');
});

const fleet = (sites: Readonly<Record<string, number>>, zones: Readonly<Record<string, string>> = {}) =>
  fleetAt(tenant, old, sites, zones);
const offeredAt = (id: string) => offeredBySite(tenant, id);

const states = async (id: string) => (await tenant.recount(id)).map(({ kept, counted }) => ({ kept, counted }));
const defer = (row: ExecutionRow, notBefore: Date) =>
  tenant.as(async (tx) => {
    const locked = (await executionStore.lock(tx, row.id, row.deviceId))!;
    const change = { state: 'deferred', reasonCode: 'battery_low', reasonDetail: null, notBefore } as const;
    await executionStore.move(tx, locked, change, tenant.now);
  });
const inSeconds = (seconds: number): Date => new Date(tenant.now.getTime() + seconds * 1000);
const freeze = (sites: string[] | null, startsInS: number, endsInS: number) =>
  tenant.as((tx) =>
    freezeStore.insert(
      tx,
      {
        id: uuidv7(),
        name: 'freeze',
        startsAt: inSeconds(startsInS),
        endsAt: inSeconds(endsInS),
        sites,
        createdBy: 'test',
      },
      tenant.now,
    ),
  );

describe('a device that defers', () => {
  it('frees its slot at once, is offered again when it said, and not before', async () => {
    await fleet({ a: 3 });
    const id = await tenant.launch(fresh, all({ concurrency: 1 }));
    await tenant.tick(id);
    const [first] = await tenant.inState(id, 'offered');
    await defer(first!, inSeconds(300));
    await tenant.tick(id);
    const [second] = await tenant.inState(id, 'offered');
    expect(second!.deviceId).not.toBe(first!.deviceId);
    for (const { kept, counted } of await states(id)) expect(kept).toEqual(counted);

    await tenant.update(id, '2.0.0');
    await tenant.tick(id);
    await tenant.update(id, '2.0.0');
    await tenant.tick(id);
    expect(await tenant.inState(id, 'offered')).toEqual([]);
    tenant.later(300);
    await tenant.tick(id);
    expect((await tenant.inState(id, 'offered')).map((row) => row.deviceId)).toEqual([first!.deviceId]);
    await tenant.runThrough(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'completed' });
  });

  it('keeps its campaign open, and no other campaign takes it meanwhile', async () => {
    await fleet({ a: 1 });
    const id = await tenant.launch(fresh, all());
    await tenant.tick(id);
    await defer((await tenant.inState(id, 'offered'))[0]!, inSeconds(3600));
    tenant.later(900);
    await tenant.tick(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'running' });
    const [device] = await tenant.as((tx) => targetStore.match(tx, {}));
    expect(device).toMatchObject({ busyWith: 'campaign' });
  });

  it('holds up neither a pause nor a stop', async () => {
    await fleet({ a: 2 });
    const id = await tenant.launch(fresh, all());
    await tenant.tick(id);
    for (const row of await tenant.inState(id, 'offered')) await defer(row, inSeconds(300));
    await tenant.as((tx) =>
      tx.query(`update campaigns set state = 'pausing', version = version + 1 where id = $1`, [id]),
    );
    await tenant.tick(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'paused' });
    await tenant.as(async (tx) => {
      await tx.query(`update campaigns set state = 'stopping', version = version + 1 where id = $1`, [id]);
      await recall(tx, id, 'campaign_stopped', tenant.now);
    });
    await tenant.tick(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'stopped' });
    expect(await states(id)).toEqual([{ kept: { cancelled: 2 }, counted: { cancelled: 2 } }]);
  });

  it('is out of reach when it does not come back, and the campaign ends without it', async () => {
    await fleet({ a: 2 });
    const id = await tenant.launch(fresh, all({ gate: { ...gate, minSample: 1, minResolvedShare: 0.5 } }));
    await tenant.tick(id);
    const [away, there] = await tenant.inState(id, 'offered');
    await defer(away!, inSeconds(60));
    await tenant.as((tx) =>
      tx.query('update device_state set connected = false where device_id = $1', [away!.deviceId]),
    );
    expect(there).toBeDefined();
    await tenant.update(id, '2.0.0');
    tenant.later(600);
    await tenant.tick(id);
    await tenant.tick(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'completed_with_stragglers' });
    expect((await states(id))[0]!.counted).toEqual({ unreachable: 1, succeeded: 1 });
  });

  it('does not keep a device from its first offer, however many defer again and again', async () => {
    await fleet({ a: 40 });
    const id = await tenant.launch(fresh, all({ concurrency: 2 }));
    const seen = new Set<string>();
    for (let i = 0; i < 60; i++) {
      await tenant.tick(id);
      for (const row of await tenant.inState(id, 'offered')) {
        seen.add(row.deviceId);
        await defer(row, inSeconds(1));
      }
      tenant.later(1);
    }
    expect(seen.size).toBe(40);
  });
});

const gate = {
  maxFailureRate: 0.2,
  maxTimeoutRate: 0.2,
  minSuccessRate: 0.5,
  minSample: 5,
  minResolvedShare: 0.9,
  soakS: 0,
};

describe('windows', () => {
  // The tenant's clock stands at 10:00 UTC: 11:00 in Berlin, 05:00 in New York.
  const zones = { berlin: 'Europe/Berlin', york: 'America/New_York' };

  it('open by the clock of each device’s site; the others follow when theirs do', async () => {
    await fleet({ york: 3, berlin: 3 }, zones);
    const id = await tenant.launch(fresh, all({ windows: [nightly('11:00', 60)] }));
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({ berlin: 3 });
    await tenant.update(id, '2.0.0');
    tenant.later(3600);
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({});
    tenant.later(5 * 3600);
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({ york: 3 });
  });

  it('that are closed keep no open one waiting, however long their queue is', async () => {
    await fleet({ york: 700, berlin: 2 }, zones);
    const id = await tenant.launch(fresh, all({ concurrency: 5, windows: [nightly('11:00', 60)] }));
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({ berlin: 2 });
  });

  it('hold a device that was moved to another site by the hours of that site', async () => {
    await fleet({ york: 2, berlin: 1 }, zones);
    const id = await tenant.launch(fresh, all({ windows: [nightly('05:00', 60)] }));
    const [moved] = await tenant.as((tx) =>
      tx.query<{ id: string }>(`select id from devices where tenant_id = $1 and site = 'york' limit 1`, [tenant.id]),
    );
    await tenant.as((tx) => deviceStore.patch(tx, moved!.id, { site: 'berlin' }, null, tenant.now));
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({ york: 1 });
    const sites = await tenant.as((tx) =>
      tx.query(`select site, targets from campaign_sites where campaign_id = $1 order by site`, [id]),
    );
    expect(sites).toEqual([
      { site: 'berlin', targets: 2 },
      { site: 'york', targets: 1 },
    ]);
  });
});

describe('freezes', () => {
  it('hold offers back where and while they hold', async () => {
    await fleet({ oslo: 2, rome: 2 });
    await freeze(['oslo'], -60, 600);
    await freeze(null, 3600, 7200);
    const id = await tenant.launch(fresh, all({ concurrency: 3 }));
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({ rome: 2 });
    await tenant.update(id, '2.0.0');
    tenant.later(700);
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({ oslo: 2 });
    for (const row of await tenant.inState(id, 'offered')) await defer(row, inSeconds(1));
    tenant.later(3000);
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({});
  });

  it('everywhere, with windows closed and budgets used up: a return runs all the same, under its cap', async () => {
    await fleet({ oslo: 12 });
    const plan = { waves: [{ size: { devices: 6 } }, { size: { percent: 100 } }], windows: [nightly('10:00', 60)] };
    const id = await tenant.launch(fresh, { ...plan, siteBudget: { devices: 2 }, concurrency: 4 });
    let seen = 0;
    await tenant.runThrough(id, () => ++seen % 3 === 0);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'rolling_back' });
    await freeze(null, -60, 7200);
    tenant.later(7 * 3600);
    const { childId } = await tenant.campaign(id);
    await tenant.tick(childId!);
    const offered = (await offeredAt(childId!)).oslo!;
    expect(offered).toBeGreaterThan(2);
    expect(offered).toBeLessThanOrEqual(4);
  });
});

describe('the rate', () => {
  it('also counts an offer that was taken back within its minute', async () => {
    await fleet({ a: 1 });
    const id = await tenant.launch(fresh, all({ ratePerMinute: 1, deadlineS: 20 }));
    await tenant.tick(id);
    tenant.later(15);
    await tenant.as((tx) =>
      tx.query(`update executions set step_deadline_at = $2 where campaign_id = $1`, [id, tenant.now]),
    );
    await tenant.tick(id);
    expect(await tenant.inState(id, 'offered')).toEqual([]);
    tenant.later(45);
    await tenant.tick(id);
    expect(await tenant.inState(id, 'offered')).toHaveLength(1);
  });
});

describe('a site budget', () => {
  it('is never exceeded, and every site gets its share', async () => {
    await fleet({ a: 6, b: 2, c: 1 });
    const id = await tenant.launch(fresh, all({ siteBudget: { devices: 2 } }));
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({ a: 2, b: 2, c: 1 });
    await tenant.runThrough(id);
    expect(await tenant.campaign(id)).toMatchObject({ state: 'completed' });
  });

  it('in percent is of the site’s targets, and leaves devices without a site alone', async () => {
    await fleet({ a: 10, b: 4 });
    await tenant.fleet(3, [{ id: old, version: '1.0.0' }]);
    const id = await tenant.launch(fresh, all({ siteBudget: { percent: 25 } }));
    await tenant.tick(id);
    expect(await offeredAt(id)).toEqual({ a: 2, b: 1, '': 3 });
  });

  it('counts the devices of every campaign, also while two fill the same site at the same moment', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 4; n++) {
      await fleet({ a: 10 });
      ids.push(await tenant.launch(fresh, all({ siteBudget: { devices: 5 } })));
    }
    for (let round = 0; round < 5; round++) {
      await Promise.all(ids.map((id) => tenant.tick(id)));
      const [row] = await tenant.as((tx) =>
        tx.query<{ n: number }>(
          `select count(*)::int as n from executions where tenant_id = $1 and site = 'a' and state = 'offered'`,
          [tenant.id],
        ),
      );
      expect(row!.n).toBe(5);
      for (const id of ids) await tenant.update(id, '2.0.0');
    }
  });
});
