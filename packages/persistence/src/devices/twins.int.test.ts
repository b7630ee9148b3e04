import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tx } from '../transaction.js';
import { type DeviceRow, deviceStore } from './device.store.js';
import { deviceListStore } from './device-list.store.js';
import { driftStore } from './drift.store.js';
import { fleetStore } from './fleet.store.js';
import { presenceStore } from './presence.store.js';
import { twinStore } from './twin.store.js';

let test: TestDatabase;
const t0 = new Date('2026-11-21T06:00:00.000Z');
const at = (s: number) => new Date(t0.getTime() + s * 1000);
const north = <T>(work: (tx: Tx) => Promise<T>) => test.database.tenant('north', work);
let serial = 0;

const addDevice = (over: Partial<Parameters<typeof deviceStore.insert>[1]> = {}): Promise<DeviceRow> =>
  north(async (tx) => {
    const n = String(++serial).padStart(3, '0');
    const row = await deviceStore.insert(
      tx,
      {
        name: `pump-${n}`,
        serial: `S${n}`,
        model: 'edge-1',
        hardwareRevision: null,
        class: 'gateway',
        site: 'bergen',
        labels: {},
        state: 'active',
        ...over,
      },
      t0,
    );
    return row!;
  });

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => tx.query(`insert into tenants (id, name) values ('north', 'N'), ('south', 'S')`));
});
afterAll(() => test.drop());

describe('deviceStore', () => {
  it('refuses a second device of the same model and serial', async () => {
    const first = await addDevice({ serial: 'twice' });
    const again = north((tx) => deviceStore.insert(tx, { ...first, name: 'other' }, t0));
    expect(await again).toBeNull();
  });

  it('changes nothing when the version is stale', async () => {
    const device = await addDevice();
    const patched = await north((tx) => deviceStore.patch(tx, device.id, { name: 'first' }, device.version, at(1)));
    expect(patched).toMatchObject({ name: 'first', version: device.version + 1 });
    expect(await north((tx) => deviceStore.patch(tx, device.id, { name: 'late' }, device.version, at(2)))).toBeNull();
  });

  it('takes a site away and leaves what the patch does not name', async () => {
    const device = await addDevice({ labels: { ring: 'canary' } });
    const patched = await north((tx) => deviceStore.patch(tx, device.id, { site: null }, null, at(1)));
    expect(patched).toMatchObject({ site: null, labels: { ring: 'canary' }, name: device.name });
  });

  it('shows nothing of it to another tenant', async () => {
    const device = await addDevice();
    expect(await test.database.tenant('south', (tx) => deviceStore.detail(tx, device.id))).toBeNull();
    expect(await north((tx) => deviceStore.detail(tx, device.id))).toMatchObject({
      presence: 'never',
      heartbeatS: 60,
      driftCount: 0,
      desiredVersion: 0,
      lastKnownGood: null,
    });
  });
});

describe('deviceListStore', () => {
  it('pages through every device once, in each order, whatever the sort', async () => {
    for (let n = 0; n < 7; n++) await addDevice({ site: 'paging' });
    await north((tx) =>
      tx.query(
        `update device_state set last_seen_at = $1 where device_id in (select id from devices where site = 'paging' limit 3)`,
        [at(5)],
      ),
    );
    for (const sort of ['name', '-name', 'lastSeenAt', '-lastSeenAt', 'createdAt', '-createdAt'] as const) {
      const seen: string[] = [];
      let after: [string, string] | null = null;
      for (;;) {
        const rows = await north((tx) => deviceListStore.list(tx, { site: 'paging' }, sort, after, 2));
        if (rows.length === 0) break;
        seen.push(...rows.map(({ id }) => id));
        after = [rows.at(-1)!.sortKey, rows.at(-1)!.id];
      }
      expect(seen).toHaveLength(7);
      expect(new Set(seen).size).toBe(7);
    }
    expect(await north((tx) => deviceListStore.count(tx, { site: 'paging' }))).toBe(7);
  });

  it('finds by the beginning of name, serial or id, whatever the case', async () => {
    const device = await addDevice({ name: 'Quay Crane 9', serial: 'ZX-81' });
    for (const q of ['quay cr', 'zx-8', device.id.slice(0, 23).toUpperCase()]) {
      const rows = await north((tx) => deviceListStore.list(tx, { q }, 'name', null, 50));
      expect(rows.map(({ id }) => id)).toContain(device.id);
    }
    expect(await north((tx) => deviceListStore.list(tx, { q: '%' }, 'name', null, 50))).toEqual([]);
  });

  it('filters by label, presence and drift', async () => {
    const device = await addDevice({ site: 'filters', labels: { ring: 'a=b' } });
    const ids = async (filter: object) =>
      (await north((tx) => deviceListStore.list(tx, { site: 'filters', ...filter }, 'name', null, 9))).map((r) => r.id);
    expect(await ids({ label: 'ring=a=b' })).toEqual([device.id]);
    expect(await ids({ label: 'ring=x' })).toEqual([]);
    expect(await ids({ presence: 'never' })).toEqual([device.id]);
    expect(await ids({ drifted: 'true' })).toEqual([]);
    expect(await ids({ drifted: 'false' })).toEqual([device.id]);
  });

  it('selects by the same grammar as the domain', async () => {
    const device = await addDevice({ site: 'select', labels: { ring: 'canary', line: '3' } });
    await addDevice({ site: 'select', labels: { ring: 'canary' } });
    const select = (selector: object) => north((tx) => deviceListStore.select(tx, selector, null, 100));
    expect(await select({ site: ['select'], labels: { ring: 'canary', line: '3' } })).toEqual([device.id]);
    expect(await select({ site: ['select', 'nowhere'], model: ['edge-1'] })).toHaveLength(2);
    expect(await select({ ids: [] })).toEqual([]);
    expect(await north((tx) => deviceListStore.countSelected(tx, { site: ['select'] }))).toBe(2);
  });
});

describe('a twin', () => {
  const desire = (id: string, document: object, now: Date) =>
    north(async (tx) => {
      const [twin] = await twinStore.lock(tx, [id]);
      const changed = await twinStore.desire(tx, [{ twin: twin!, document: document as never }], 'user:1', now);
      await driftStore.judge(tx, [id], now);
      return changed;
    });
  const report = (id: string, reported: object, acked: number, now: Date) =>
    north(async (tx) => {
      const write = {
        deviceId: id,
        reported: reported as never,
        reportedVersion: acked,
        ackedVersion: acked,
        ack: { epoch: 0, verdicts: {} },
      };
      await twinStore.lock(tx, [id]);
      await twinStore.report(tx, write, now);
      return driftStore.judge(tx, [id], now);
    });
  const letters = async (id: string) =>
    (
      await test.database.system((tx) =>
        tx.query<{ type: string }>('select type from outbox where key = $1 order by id', [id]),
      )
    ).map(({ type }) => type);

  it('drifts while the device has not answered, converges when it does, and drifts when somebody edits it', async () => {
    const { id } = await addDevice();
    expect(await desire(id, { config: { rate: 5 } }, at(1))).toEqual([id]);
    expect(await desire(id, { config: { rate: 5 } }, at(2))).toEqual([]);
    const rows = () => north((tx) => driftStore.ofDevices(tx, [id]));
    expect(await rows()).toMatchObject([{ path: '/config/rate', class: 'unacknowledged', since: at(1), desired: 5 }]);
    await report(id, { config: { rate: 5 } }, 1, at(3));
    expect(await rows()).toEqual([]);
    await report(id, { config: { rate: 6 } }, 1, at(4));
    expect(await rows()).toMatchObject([{ path: '/config/rate', class: 'diverged', since: at(4), reported: 6 }]);
    expect(await letters(id)).toEqual([
      'twin.desired_changed',
      'device.drifted',
      'twin.reported',
      'device.converged',
      'twin.reported',
      'device.drifted',
    ]);
  });

  it('knows its desired document at every version', async () => {
    const { id } = await addDevice();
    const steps = [{ a: 1 }, { a: 2, b: { c: [1] } }, { b: {} }];
    for (const [n, step] of steps.entries()) await desire(id, step, at(n));
    await north(async (tx) => {
      const twin = (await twinStore.find(tx, id))!;
      for (const [n, step] of [{}, ...steps].entries()) expect(await twinStore.desiredAt(tx, twin, n)).toEqual(step);
      expect(await twinStore.desiredAt(tx, twin, 4)).toBeNull();
      expect((await twinStore.history(tx, id, null, 2)).map(({ version, patch }) => [version, patch])).toEqual([
        [3, { a: null, b: { c: null } }],
        [2, { a: 2, b: { c: [1] } }],
      ]);
    });
  });

  it('counts in the overview and in drift by field', async () => {
    const { id } = await addDevice({ site: 'overview' });
    await desire(id, { config: { overview: true } }, at(1));
    const groups = await north((tx) => fleetStore.groups(tx));
    expect(groups.filter(({ site }) => site === 'overview')).toMatchObject([{ presence: 'never', devices: 1 }]);
    expect(await north((tx) => driftStore.byPath(tx))).toContainEqual({
      path: '/config/overview',
      class: 'unacknowledged',
      devices: 1,
      oldest: at(1),
    });
    const [row] = await north((tx) => driftStore.list(tx, { path: '/config/overview' }, null, 5));
    expect(row).toMatchObject({ deviceId: id, desired: true, reported: null });
    const after = [row!.sinceText, row!.deviceId, row!.path] as const;
    expect(await north((tx) => driftStore.list(tx, { path: '/config/overview' }, after, 5))).toEqual([]);
  });
});

describe('presenceStore', () => {
  it('moves a device from never over online and late to offline and back', async () => {
    const { id } = await addDevice();
    const seen = (when: Date, connected = true) =>
      north((tx) =>
        tx.query('update device_state set last_seen_at = $2, connected = $3 where device_id = $1', [
          id,
          when,
          connected,
        ]),
      );
    const sweep = async (now: Date) =>
      (await test.database.system((tx) => presenceStore.sweep(tx, now, 100, [id]))).map(({ from, to }) => [from, to]);
    expect(await sweep(at(0))).toEqual([]);
    await seen(at(0));
    expect(await sweep(at(1))).toEqual([['never', 'online']]);
    expect(await sweep(at(80))).toEqual([]);
    expect(await sweep(at(100))).toEqual([['online', 'late']]);
    expect(await sweep(at(300))).toEqual([['late', 'offline']]);
    expect(await sweep(at(400))).toEqual([]);
    await seen(at(500));
    expect(await sweep(at(501))).toEqual([['offline', 'online']]);
    await seen(at(500), false);
    expect(await sweep(at(502))).toEqual([['online', 'offline']]);
  });
});
