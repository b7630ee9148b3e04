import { CloneWatch } from '@muster/ingest/clone-watch';
import { SessionSightings } from '@muster/ingest/session-sightings';
import type { HeartbeatNews } from '@muster/ingest/sightings';
import { cloneStore } from '@muster/persistence/devices/clone.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { type PlaceSeen, sightingStore } from '@muster/persistence/devices/sighting.store';
import { systemClock } from '@muster/runtime/clock/clock';
import { createLogger } from '@muster/runtime/logging/logger';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeWorld, embedded, hold, mosquitto, newIdentity, openWorld, tenant, test } from './clones.harness.js';

const now = new Date();
beforeAll(openWorld);
afterAll(closeWorld);

const facts = (deviceId: string) =>
  test.database.tenant(tenant, async (tx) => ({
    suspectedAt: (await deviceStore.detail(tx, deviceId))!.cloneSuspectedAt,
    events: (await deviceEventStore.list(tx, deviceId, null, 50)).filter(({ facts: { sign } }) => sign !== undefined),
    sightings: await sightingStore.list(tx, deviceId),
    told: await tx.query<{ severity: string; body: string }>(
      `select severity, body from notifications where kind = 'device.clone_suspected' and link = $1`,
      [`/devices/${deviceId}`],
    ),
  }));

describe('with the broker that is ours', () => {
  it('two places with one certificate are both seen, named and told, and their takeover loop is damped', async () => {
    await using broker = await embedded();
    const identity = await newIdentity();
    await using one = hold(identity, broker.port, null);
    await using other = hold(identity, broker.port, null, '127.0.0.2');
    await assertEventually(async () => {
      const { suspectedAt, events, told } = await facts(identity.deviceId);
      expect(suspectedAt).not.toBeNull();
      expect(events.map(({ facts: { sign } }) => sign)).toEqual(['addresses']);
      expect(events[0]!.summary).toMatch(/127\.0\.0\.[12] and 127\.0\.0\.[12]/);
      expect(told).toMatchObject([{ severity: 'critical' }]);
    });
    await assertEventually(() =>
      expect(broker.refusals.filter((code) => code === 'rate_limited').length).toBeGreaterThan(2),
    );
    // A handful of turns, then one stands while the other is turned away.
    expect(one.connects() + other.connects()).toBeLessThan(16);
    await broker.app.get(SessionSightings).flush();
    const { sightings } = await facts(identity.deviceId);
    expect(sightings.map(({ address }) => address).sort()).toEqual(['127.0.0.1', '127.0.0.2']);
    expect(sightings.reduce((sum, { sessions }) => sum + sessions, 0)).toBeGreaterThanOrEqual(5);
  });

  it('two processes behind one address are told apart by their runs', async () => {
    await using broker = await embedded();
    const identity = await newIdentity();
    await using _one = hold(identity, broker.port, 'first');
    await using _other = hold(identity, broker.port, 'second');
    await assertEventually(async () => {
      const { suspectedAt, events } = await facts(identity.deviceId);
      expect(suspectedAt).not.toBeNull();
      expect(events[0]!.summary).toMatch(/boot (first|second) at 127\.0\.0\.1/);
    });
  });

  it('a device that moves to another network is no clone, and neither is one with two ways out', async () => {
    await using broker = await embedded();
    const identity = await newIdentity();
    for (const from of ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.1', '127.0.0.2', '127.0.0.1', '127.0.0.2']) {
      // The broker has not noticed yet that it had gone when it comes back from elsewhere.
      const device = hold(identity, broker.port, 'only', from, 0);
      await assertEventually(() => expect(device.connects()).toBe(1));
      await assertEventually(async () => {
        await broker.app.get(SessionSightings).flush();
        const [newest] = (await facts(identity.deviceId)).sightings;
        expect(newest).toMatchObject({ address: from });
      });
    }
    const { suspectedAt, sightings } = await facts(identity.deviceId);
    expect(suspectedAt).toBeNull();
    expect(sightings).toHaveLength(3);
  });
});

describe('with Mosquitto', () => {
  it('two that hold one identity are told apart by what they say', async () => {
    await using broker = await mosquitto();
    const identity = await newIdentity();
    await using _one = hold(identity, broker.port, 'first');
    await using _other = hold(identity, broker.port, 'second');
    await assertEventually(async () => {
      const { suspectedAt, events, told } = await facts(identity.deviceId);
      expect(suspectedAt).not.toBeNull();
      expect(events[0]!.summary).toMatch(/boot (first and boot second|second and boot first)/);
      expect(told).toHaveLength(1);
    });
  });
});

it('a pair that a person has said to be none is not told again, another is', async () => {
  const { deviceId } = await newIdentity();
  const evidence = (one: string, other: string) => ({
    ...{ sign: 'runs' as const, between: [one, other] as const, addresses: [null, null] as const },
    sentence: `${one} and ${other}`,
  });
  const suspect = (one: string, other: string) =>
    test.database.system((tx) => cloneStore.suspect(tx, deviceId, evidence(one, other), now));
  const dismiss = () => test.database.tenant(tenant, (tx) => cloneStore.dismiss(tx, deviceId, now));
  expect(await suspect('a', 'b')).toBe(true);
  expect(await suspect('a', 'c')).toBe(false);
  expect(await dismiss()).toMatchObject({ between: ['a', 'b'] });
  expect(await dismiss()).toBeNull();
  expect(await suspect('b', 'a')).toBe(false);
  expect(await suspect('a', 'c')).toBe(true);
  for (let n = 0; n < 60; n++) {
    await dismiss();
    await suspect('x', `y${n}`);
  }
  const [row] = await test.database.tenant(tenant, (tx) =>
    tx.query<{ n: number }>('select cardinality(clone_dismissed) as n from devices where id = $1', [deviceId]),
  );
  expect(row!.n).toBeLessThanOrEqual(50);
});

describe('in a fleet larger than what is remembered', () => {
  it('who has begun to take turns is not forgotten for those who have not', async () => {
    const { deviceId } = await newIdentity();
    const logger = createLogger({ process: 'worker', level: 'fatal' });
    const watch = new CloneWatch(test.database, systemClock, logger);
    const receivedAt = new Date();
    const beat = (of: string, bootId: string) => {
      const header = {
        msgId: uuidv7(),
        deviceId: of,
        seqNo: 1,
        producedAt: receivedAt.toISOString(),
        schemaVersion: 1,
      };
      watch.heard(of, { uplink: { ...header, reason: 'periodic', bootId } as HeartbeatNews['uplink'], receivedAt });
    };
    for (const run of ['one', 'other']) beat(deviceId, run);
    for (let n = 0; n < 200_000; n++) beat(`device-${n}`, 'only');
    for (const run of ['one', 'other']) beat(deviceId, run);
    await assertEventually(async () => expect((await facts(deviceId)).suspectedAt).not.toBeNull());
  });
});

describe('the places of an identity', () => {
  const place = (deviceId: string, address: string, at: number, more: object = {}) => ({
    ...{ tenantId: tenant, deviceId, fingerprint: 'f', address, sessions: 1, connected: true },
    ...{ firstAt: new Date(at), lastAt: new Date(at), ...more },
  });
  const keep = (...seen: PlaceSeen[]) => test.database.system((tx) => sightingStore.keep(tx, seen));

  it('are the newest twenty, however often it came from each', async () => {
    const { deviceId } = await newIdentity();
    for (let n = 0; n < 30; n++) await keep(place(deviceId, `192.0.2.${n}`, now.getTime() + n, { sessions: 2 }));
    const [row] = await test.database.system((tx) =>
      tx.query<{ n: number }>('select count(*)::int as n from device_sightings where device_id = $1', [deviceId]),
    );
    expect(row!.n).toBe(20);
  });

  it('are left when it comes from another, also where nobody saw it leave', async () => {
    const { deviceId } = await newIdentity();
    await keep(place(deviceId, '192.0.2.1', now.getTime()));
    await keep(place(deviceId, '192.0.2.2', now.getTime() + 60_000));
    const { sightings } = await facts(deviceId);
    expect(sightings.map(({ address, connected }) => [address, connected])).toEqual([
      ['192.0.2.2', true],
      ['192.0.2.1', false],
    ]);
  });

  it('are not left by who comes again from the same before the broker noticed', async () => {
    await using broker = await embedded();
    const identity = await newIdentity();
    await using first = hold(identity, broker.port, 'only', '127.0.0.1', 0);
    await assertEventually(() => expect(first.connects()).toBe(1));
    const gone = new Promise<void>((resolve) => first.client.once('close', () => resolve()));
    await using second = hold(identity, broker.port, 'only', '127.0.0.1', 0);
    await gone;
    await assertEventually(() => expect(second.connects()).toBe(1));
    await assertEventually(async () => {
      await broker.app.get(SessionSightings).flush();
      expect((await facts(identity.deviceId)).sightings).toMatchObject([{ sessions: 2, connected: true }]);
    });
  });
});
