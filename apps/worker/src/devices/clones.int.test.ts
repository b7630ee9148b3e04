import { SessionSightings } from '@muster/ingest/session-sightings';
import { cloneStore } from '@muster/persistence/devices/clone.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { sightingStore } from '@muster/persistence/devices/sighting.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
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
