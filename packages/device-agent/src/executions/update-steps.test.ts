import type { ExecutionOrder } from '@muster/contracts/mqtt/downlink';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { allowing, busy, manifest, offer, UpdateWorld } from '@muster/testkit/update-world';
import { describe, expect, test } from 'vitest';
import { noExecutions } from './execution-state.js';
import type { Conditions } from './judge-readiness.js';

const hour = (n: number) => new Date(Date.UTC(2026, 0, 1, n)).toISOString();

describe('an update that cannot be now', () => {
  const low: Conditions = { power: { source: 'battery', batteryPercent: 12 }, freeBytes: null };
  const asks = { preconditions: { minBatteryPercent: 30 } };

  test('is deferred with its reason, forgotten, and begun when it is offered again', async () => {
    const world = new UpdateWorld();
    world.conditions = low;
    await world.boot();
    await world.updater.receive(offer(1, manifest('2.0.0'), asks));
    expect(world.reports).toMatchObject([{ state: 'deferred', reasonCode: 'battery_low', retryAfterS: 1800 }]);
    world.conditions = { power: { source: 'battery', batteryPercent: 80 }, freeBytes: null };
    await world.boot();
    expect(world.told()).toHaveLength(1);
    await world.updater.receive(offer(1, manifest('2.0.0'), asks));
    await world.told('rebooting');
  });

  test('is looked at again before it is installed, and keeps what was downloaded', async () => {
    const world = await busy(offer(1, manifest('2.0.0'), asks));
    world.conditions = low;
    world.downloaded!();
    await world.told('deferred battery_low');
    expect(world.installs).toBe(0);
    expect(world.shelf.size).toBe(1);
    world.conditions = { power: { source: 'mains' }, freeBytes: null };
    world.slow = false;
    await world.updater.receive(offer(1, manifest('2.0.0'), asks));
    await world.told('deferred battery_low');
    await world.updater.receive(offer(1, manifest('2.0.0'), { ...asks, offer: allowing({ iat: 2 }) }));
    await world.told('rebooting');
  });

  test('is told as deferred once more by the next run when the power failed before it could be told', async () => {
    const world = await busy();
    const state = JSON.parse((await world.files.read('state.json'))!.toString());
    const update = { ...state.update, step: 'deferred', reasonCode: 'window_closed', untold: true };
    await world.files.replace('state.json', JSON.stringify({ ...state, update }));
    await world.boot();
    await world.told('deferred window_closed');
  });

  test('waits for its window with what it downloaded before', async () => {
    const clock = new FakeClock(hour(1));
    const world = await busy(offer(1, manifest('2.0.0'), { window: { opensAt: hour(2), closesAt: hour(4) } }), clock);
    world.downloaded!();
    await world.told('deferred window_closed');
    clock.advance(2 * 3_600_000);
    world.slow = false;
    const offered = allowing({ iat: 2 });
    await world.updater.receive(
      offer(1, manifest('2.0.0'), { offer: offered, window: { opensAt: hour(2), closesAt: hour(4) } }),
    );
    await world.told('rebooting');
  });

  test('because the disk is short gives up the artifact kept for deltas first', async () => {
    const world = new UpdateWorld();
    await world.files.replace('state.json', JSON.stringify({ ...noExecutions, kept: 'old' }));
    world.shelf.set('old', 5);
    Object.defineProperty(world.conditions, 'freeBytes', { get: () => (world.shelf.has('old') ? 5 : 10) });
    await world.boot();
    await world.updater.receive(offer(1, manifest('2.0.0')));
    await world.told('rebooting');
    expect(world.shelf.has('old')).toBe(false);
  });

  test('because another one is being installed is deferred for a minute', async () => {
    const world = await busy(offer(1, manifest('2.0.0'), { jitterS: 0 }));
    world.objection = null;
    world.installing = new Promise(() => undefined);
    world.downloaded!();
    await world.told('installing');
    await world.updater.receive(offer(2, manifest('3.0.0')));
    expect(world.reports.at(-1)).toMatchObject({ state: 'deferred', reasonCode: 'updating', retryAfterS: 60 });
  });

  test('because something on the device objects is deferred or rejected in its words', async () => {
    const world = new UpdateWorld();
    world.objection = { reasonCode: 'in_use', reasonDetail: 'a patient is connected', retryAfterS: 600 };
    await world.boot();
    await world.updater.receive(offer(1, manifest('2.0.0')));
    world.objection = { reasonCode: 'sealed', reasonDetail: 'never' };
    await world.updater.receive(offer(2, manifest('2.0.0')));
    expect(world.told()).toEqual(['deferred in_use', 'rejected sealed']);
  });
});

describe('a cancellation', () => {
  const cancel = (n: number): ExecutionOrder => ({ ...offer(n, manifest('2.0.0')), action: 'cancel' });

  test('stops a download', async () => {
    const world = await busy();
    await world.updater.receive(cancel(1));
    await world.told('cancelled cancelled');
    expect(world.installs).toBe(0);
  });

  test('during the installation is obeyed before the restart', async () => {
    const world = await busy();
    let installed!: () => void;
    world.installing = new Promise((resolve) => {
      installed = resolve;
    });
    world.downloaded!();
    await world.told('installing');
    await world.updater.receive(cancel(1));
    installed();
    await world.told('cancelled cancelled');
    expect(world.disk.current.version).toBe('1.0.0');
  });

  test('is obeyed by the next run when the power failed before it could be', async () => {
    const world = await busy();
    world.installing = new Promise(() => undefined);
    world.downloaded!();
    await world.told('installing');
    await world.updater.receive(cancel(1));
    world.installing = null;
    await world.boot();
    await world.told('cancelled cancelled');
    expect(world.installs).toBe(0);
  });

  test('of what was deferred ends it, with what it had downloaded', async () => {
    const asks = { preconditions: { mainsPower: true } };
    const world = await busy(offer(1, manifest('2.0.0'), asks));
    world.conditions = { power: { source: 'battery' }, freeBytes: null };
    world.downloaded!();
    await world.told('deferred mains_required');
    await world.updater.receive(cancel(1));
    expect(world.told().at(-1)).toBe('cancelled cancelled');
    expect(world.shelf.size).toBe(0);
  });

  test('is no end: an offer that was signed after it begins anew, and no other does', async () => {
    const world = await busy();
    await world.updater.receive(cancel(1));
    await world.told('cancelled cancelled');
    world.slow = false;
    await world.updater.receive(offer(1, manifest('2.0.0')));
    await world.updater.receive(offer(1, manifest('2.0.0'), { offer: allowing({ iat: 0 }) }));
    expect(world.downloads).toBe(1);
    await world.updater.receive(offer(1, manifest('2.0.0'), { offer: allowing({ iat: 1, again: true }) }));
    await world.told('rebooting');
  });

  test('that comes after the switch is answered with where the device stands', async () => {
    const world = await busy();
    world.downloaded!();
    await world.told('rebooting');
    await world.updater.receive(cancel(1));
    expect(world.told().at(-1)).toBe('rebooting');
  });
});

describe('the wait before the restart', () => {
  const spread = offer(1, manifest('2.0.0'), { jitterS: 600 });

  async function waiting() {
    const clock = new FakeClock();
    const world = await busy(spread, clock);
    world.downloaded!();
    await assertEventually(() => expect(world.reports.at(-1)).toMatchObject({ phase: 'waiting to restart' }));
    return { world, clock };
  }

  test('is a random part of the jitter, told as installing', async () => {
    const { world, clock } = await waiting();
    expect(world.reports.at(-1)).toMatchObject({ state: 'installing' });
    clock.advance(299_000);
    await assertEventually(() => expect(world.told().at(-1)).toBe('installing'));
    clock.advance(2_000);
    await world.told('rebooting');
  });

  test('is not waited twice when the power fails in it', async () => {
    const { world, clock } = await waiting();
    clock.advance(100_000);
    await world.boot();
    await assertEventually(() => expect(clock.pending).toBe(2));
    clock.advance(120_000);
    await assertEventually(() => expect(clock.pending).toBe(1));
    clock.advance(81_000);
    await world.told('rebooting');
  });

  test('is told again every two minutes, for the server would give up on a silent device', async () => {
    const { world, clock } = await waiting();
    const told = () => world.reports.filter(({ phase }) => phase === 'waiting to restart').length;
    expect(told()).toBe(1);
    clock.advance(120_000);
    await assertEventually(() => expect(told()).toBe(2));
  });

  test('ends with a cancellation, and the device runs what it ran', async () => {
    const { world } = await waiting();
    await world.updater.receive({ ...spread, action: 'cancel' });
    await world.told('cancelled cancelled');
    expect(world.disk.current.version).toBe('1.0.0');
  });

  test('is over before the window closes', async () => {
    const clock = new FakeClock(hour(1));
    const window = { opensAt: hour(0), closesAt: new Date(clock.now().getTime() + 100_000).toISOString() };
    const world = await busy(offer(1, manifest('2.0.0'), { jitterS: 3600, window }), clock);
    world.downloaded!();
    await assertEventually(() => expect(world.reports.at(-1)).toMatchObject({ phase: 'waiting to restart' }));
    clock.advance(50_000);
    await world.told('rebooting');
  });
});

describe('a download', () => {
  test('is given up when the offer ends', async () => {
    const clock = new FakeClock(hour(1));
    const world = await busy(offer(1, manifest('2.0.0'), { deadline: hour(2) }), clock);
    clock.advance(3_600_000);
    await world.told('failed deadline_passed');
  });

  test('is told with the bytes it took', async () => {
    const world = await busy();
    world.downloaded!();
    await world.told('rebooting');
    expect(world.reports.find(({ state }) => state === 'downloaded')).toMatchObject({ bytes: 10 });
  });

  test('leaves the artifact of the installed release, and only that', async () => {
    const world = new UpdateWorld();
    await world.settle(offer(1, manifest('2.0.0')));
    world.reports.length = 0;
    await world.settle(offer(2, manifest('3.0.0')));
    await assertEventually(() => expect([...world.shelf.keys()]).toEqual([manifest('3.0.0').artifact.sha256]));
  });
});
