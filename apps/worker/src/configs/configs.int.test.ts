import type { ConfigDocument } from '@muster/contracts/configs/configs.schema';
import type { TwinReport } from '@muster/contracts/mqtt/uplink';
import { configStore } from '@muster/persistence/configs/config.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { driftStore } from '@muster/persistence/devices/drift.store';
import { twinStore } from '@muster/persistence/devices/twin.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';

let db: TestDatabase;
let worker: TestWorker;
const tenant = 'north';
let counter = 0;

beforeAll(async () => {
  db = await testDatabase();
  await db.database.system((tx) => tx.query(`insert into tenants (id, name) values ('north', 'North')`));
  worker = await testWorker(db);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await db.drop();
});

const newDevice = async (site: string) => {
  const serial = `S${++counter}`;
  const device = {
    name: serial,
    serial,
    model: 'edge-1',
    hardwareRevision: null,
    class: 'gateway',
    site,
    labels: {},
    state: 'active',
  } as const;
  const row = await db.database.tenant(tenant, (tx) => deviceStore.insert(tx, device, new Date()));
  return { tenant, deviceId: row!.id };
};
type TestDevice = Awaited<ReturnType<typeof newDevice>>;

const header = (deviceId: string) => ({
  msgId: `m${++counter}`,
  deviceId,
  seqNo: counter,
  producedAt: new Date().toISOString(),
  schemaVersion: 1,
});
const connect = (device: TestDevice) =>
  worker.transport.uplink(device, 'heartbeat', { ...header(device.deviceId), reason: 'connected', status: 'ok' });
const report = (device: TestDevice, body: Partial<TwinReport>) =>
  worker.transport.uplink(device, 'twin', { ...header(device.deviceId), version: counter, ...body });
const drifts = (device: TestDevice) => db.database.tenant(tenant, (tx) => driftStore.ofDevices(tx, [device.deviceId]));
const lastTwin = (device: TestDevice) => worker.transport.to(device, 'twin').at(-1);

/** Drafts and publishes; the letter makes the worker render. */
const publish = async (
  site: string,
  document: ConfigDocument,
  policy: 'report' | 'remediate' = 'report',
  id = uuidv7(),
) => {
  await db.database.tenant(tenant, async (tx) => {
    const config = { id, name: `${site} ${id}`, layer: 'group', selector: { site: [site] }, policy, createdBy: 'me' };
    if ((await configStore.find(tx, id)) === null) await configStore.insert(tx, config as never, new Date());
    const number = await configStore.putDraft(tx, id, { document, notes: '', createdBy: 'me' }, new Date());
    await configStore.publish(tx, id, number, new Date());
    await outbox.drop(tx, { tenantId: tenant, type: 'config.published', key: id, payload: { configId: id, number } });
  });
  return id;
};

describe('a golden config', () => {
  it('reaches connected devices as the smallest patch, shows drift by field, and converges', async () => {
    const device = await newDevice('bergen');
    await connect(device);
    const id = await publish('bergen', { heartbeatS: 10, own: { a: 1, b: 2 } });
    await assertEventually(() =>
      expect(lastTwin(device)).toEqual({
        schemaVersion: 1,
        baseVersion: 0,
        version: 1,
        patch: { config: { heartbeatS: 10, own: { a: 1, b: 2 } } },
      }),
    );
    expect((await drifts(device)).map(({ path, class: kind }) => [path, kind])).toEqual([
      ['/config/heartbeatS', 'unacknowledged'],
      ['/config/own/a', 'unacknowledged'],
      ['/config/own/b', 'unacknowledged'],
    ]);
    await report(device, { desiredVersion: 1, reported: { config: { heartbeatS: 10, own: { a: 1, b: 2 } } } });
    expect(await drifts(device)).toEqual([]);

    await publish('bergen', { heartbeatS: 10, own: { a: 5 } }, 'report', id);
    await assertEventually(() =>
      expect(lastTwin(device)).toEqual({
        schemaVersion: 1,
        baseVersion: 1,
        version: 2,
        patch: { config: { own: { a: 5, b: null } } },
      }),
    );
    await report(device, {
      desiredVersion: 2,
      reported: { config: { heartbeatS: 60, own: { a: 5 } } },
      acks: { 'config.heartbeatS': { verdict: 'rejected', detail: 'below the floor' } },
    });
    expect(await drifts(device)).toMatchObject([
      { path: '/config/heartbeatS', class: 'rejected', cause: 'below the floor', desired: 10, reported: 60 },
    ]);
    const events = await db.database.tenant(tenant, (tx) => deviceEventStore.list(tx, device.deviceId, null, 20));
    expect(events.map(({ summary }) => summary)).toEqual(
      expect.arrayContaining([
        'Drifts in 1 field: /config/heartbeatS',
        'Converged: reports everything as desired',
        'Golden config changed; waiting for /config/heartbeatS, /config/own/a, /config/own/b',
      ]),
    );
  });

  it('waits for a device that is away and then sends only what differs from what it had', async () => {
    const device = await newDevice('oslo');
    const id = await publish('oslo', { heartbeatS: 10, own: { a: 1 } });
    await publish('oslo', { heartbeatS: 20, own: { a: 1 } }, 'report', id);
    await assertEventually(async () => {
      const twin = await db.database.tenant(tenant, (tx) => twinStore.find(tx, device.deviceId));
      expect(twin!.desired).toEqual({ config: { heartbeatS: 20, own: { a: 1 } } });
    });
    expect(worker.transport.to(device, 'twin')).toEqual([]);
    await connect(device);
    await assertEventually(() =>
      expect(lastTwin(device)).toMatchObject({ baseVersion: 0, patch: { config: { heartbeatS: 20, own: { a: 1 } } } }),
    );
  });

  it('sends the whole document to a device that lost the thread', async () => {
    const device = await newDevice('tromso');
    await connect(device);
    await publish('tromso', { heartbeatS: 10 });
    await assertEventually(() => expect(lastTwin(device)).toBeDefined());
    await report(device, { desiredVersion: 0, reported: {}, needFull: true });
    await assertEventually(() =>
      expect(lastTwin(device)).toEqual({
        schemaVersion: 1,
        baseVersion: 0,
        version: 1,
        patch: { config: { heartbeatS: 10 } },
      }),
    );
  });

  it('is sent again to a device edited by hand where its policy says so', async () => {
    const device = await newDevice('bodo');
    await connect(device);
    await publish('bodo', { heartbeatS: 10 }, 'remediate');
    await assertEventually(() => expect(lastTwin(device)).toBeDefined());
    await report(device, { desiredVersion: 1, reported: { config: { heartbeatS: 10 } } });
    const before = worker.transport.to(device, 'twin').length;
    await report(device, { desiredVersion: 1, reported: { config: { heartbeatS: 99 } } });
    expect(await drifts(device)).toMatchObject([{ class: 'diverged', reported: 99 }]);
    await assertEventually(() => {
      expect(worker.transport.to(device, 'twin').length).toBeGreaterThan(before);
      expect(lastTwin(device)).toMatchObject({ baseVersion: 0, version: 1, patch: { config: { heartbeatS: 10 } } });
    });
  });

  it('puts back what drifted before its policy was to, and what was edited while the device was away', async () => {
    const device = await newDevice('narvik');
    await connect(device);
    const id = await publish('narvik', { heartbeatS: 10 });
    await assertEventually(() => expect(lastTwin(device)).toBeDefined());
    await report(device, { desiredVersion: 1, reported: { config: { heartbeatS: 99 } } });
    // Coming online and the publication may each have delivered it.
    const delivered = () => worker.transport.to(device, 'twin').length;
    const before = delivered();
    await db.database.tenant(tenant, async (tx) => {
      const row = (await configStore.find(tx, id))!;
      await configStore.touch(tx, id, row.version, { policy: 'remediate' });
      const payload = { configId: id, members: true };
      await outbox.drop(tx, { tenantId: tenant, type: 'config.changed', key: id, payload });
    });
    await assertEventually(() => expect(delivered()).toBeGreaterThan(before));
    expect(lastTwin(device)).toMatchObject({ baseVersion: 0, version: 1 });
    const cured = delivered();
    await connect(device);
    await assertEventually(() => expect(delivered()).toBeGreaterThan(cured));
  });

  it('follows a device that moves to where it applies, and lets go of one that leaves', async () => {
    const device = await newDevice('nowhere');
    await publish('somewhere', { heartbeatS: 10 });
    const move = (site: string) =>
      db.database.tenant(tenant, async (tx) => {
        await deviceStore.patch(tx, device.deviceId, { site }, null, new Date());
        const payload = { deviceId: device.deviceId };
        await outbox.drop(tx, { tenantId: tenant, type: 'device.changed', key: device.deviceId, payload });
      });
    const desired = async () =>
      (await db.database.tenant(tenant, (tx) => twinStore.find(tx, device.deviceId)))!.desired;
    await move('somewhere');
    await assertEventually(async () => expect(await desired()).toEqual({ config: { heartbeatS: 10 } }));
    await move('nowhere');
    await assertEventually(async () => expect(await desired()).toEqual({}));
  });
});

describe('a report', () => {
  it('that is late changes nothing, and one of a device that lost its history does', async () => {
    const device = await newDevice('late');
    await report(device, { desiredVersion: 0, version: 5, reported: { a: 5 } });
    await report(device, { desiredVersion: 0, version: 4, reported: { a: 4 } });
    const reported = async () =>
      (await db.database.tenant(tenant, (tx) => twinStore.find(tx, device.deviceId)))!.reported;
    expect(await reported()).toEqual({ a: 5 });
    await report(device, { desiredVersion: 0, version: 1, epoch: 1, reported: { a: 1 } });
    expect(await reported()).toEqual({ a: 1 });
  });

  it('of a device that is ahead of us is overtaken, so that it listens again', async () => {
    const device = await newDevice('ahead');
    await connect(device);
    await report(device, { desiredVersion: 40, reported: {} });
    await assertEventually(() => expect(lastTwin(device)).toMatchObject({ baseVersion: 0, version: 41 }));
  });
});

describe('presence', () => {
  it('is told when a device comes and when its Will arrives', async () => {
    const device = await newDevice('presence');
    const detail = async () => (await db.database.tenant(tenant, (tx) => deviceStore.detail(tx, device.deviceId)))!;
    await connect(device);
    await assertEventually(async () => expect((await detail()).presence).toBe('online'));
    await worker.transport.uplink(device, 'heartbeat', { ...header(device.deviceId), reason: 'offline' });
    await assertEventually(async () => expect((await detail()).presence).toBe('offline'));
    const letters = await db.database.system((tx) =>
      tx.query<{ type: string }>(
        `select type from outbox where key = $1 and type in ('device.online', 'device.offline') order by id`,
        [device.deviceId],
      ),
    );
    expect(letters.map(({ type }) => type)).toEqual(['device.online', 'device.offline']);
  });
});

describe('a device that is decommissioned', () => {
  it('is cut off, and that ends its decommissioning', async () => {
    const device = await newDevice('retired');
    await db.database.tenant(tenant, async (tx) => {
      const change = { state: 'decommissioning', reasonCode: 'decommission', reasonDetail: 'sold' } as const;
      await deviceStore.setState(tx, device.deviceId, change, new Date());
      const payload = { deviceId: device.deviceId, state: 'decommissioning' };
      await outbox.drop(tx, { tenantId: tenant, type: 'device.changed', key: device.deviceId, payload });
    });
    await assertEventually(async () => {
      const row = await db.database.tenant(tenant, (tx) => deviceStore.find(tx, device.deviceId));
      expect(row).toMatchObject({ state: 'decommissioned', reasonDetail: 'sold' });
    });
    expect(worker.transport.kicked).toContain(device.deviceId);
  });
});
