import { assertEventually } from '@muster/testkit/assert-eventually';
import { startWirePeer, type WirePeer } from '@muster/testkit/wire-peer';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ReleaseFault, simulatedArtifact } from './behaviour.js';
import { type Fleet, startFleet } from './fleet.js';

let peer: WirePeer;
let fleet: Fleet;

beforeAll(async () => {
  peer = await startWirePeer();
});
afterEach(() => fleet.stop());
afterAll(() => peer.stop());

/** One device that meets a release with this fault: the release's own, or one planned for its version. */
async function update(fault: ReleaseFault, planned = false) {
  fleet = await startFleet({
    url: peer.url,
    groups: [{ token: peer.token, site: 'Berlin' }],
    devices: 1,
    seed: 7,
    models: ['edge-gateway-100'],
    firmwareVersions: ['1.0.0'],
    faults: planned ? { '2.0.0': [{ share: 1, fault }] } : {},
    tempo: {
      installMs: 50,
      restartMs: 50,
      telemetryS: 0.5,
      agent: {
        lingerMs: 20,
        backoff: { baseMs: 50, capMs: 200, stableMs: 1000 },
        probation: { everyMs: 50, steadyMs: 100, withinMs: 3_000, linkWithinMs: 10_000 },
      },
    },
  });
  const device = fleet.devices[0]!;
  await assertEventually(() => expect(device.online).toBe(true));
  const offer = await peer.offer(
    device.deviceId!,
    '2.0.0',
    simulatedArtifact('2.0.0', 20_000, planned ? [] : [{ share: 1, fault }]),
  );
  const again = () => peer.send(device.deviceId!, 'execution', offer);
  await again();
  const reports = () =>
    peer
      .uplinksOf('execution')
      .filter(({ body }) => body.executionId === offer.executionId)
      .map(({ body }) => body);
  const ends = (state: string) => assertEventually(() => expect(reports().map((body) => body.state)).toContain(state));
  return { device, reports, ends, again };
}

describe('a release that', () => {
  test('fails to install leaves the device where it was', async () => {
    const { device, reports, ends } = await update({ kind: 'fails_install', atPercent: 60 });
    await ends('failed');
    expect(reports().at(-1)).toMatchObject({ reasonCode: 'install_failed', firmwareVersion: '1.0.0' });
    expect(device.runningVersion).toBe('1.0.0');
  });

  test('boots but is unhealthy is left again by the device itself', async () => {
    const { device, reports, ends } = await update({ kind: 'unhealthy', detail: 'no meters' });
    await ends('failed');
    expect(reports().at(-1)).toMatchObject({
      reasonCode: 'health_check_failed',
      reasonDetail: 'no meters',
      firmwareVersion: '1.0.0',
    });
    expect(device.runningVersion).toBe('1.0.0');
  });

  test('cannot start is given up by the supervisor', async () => {
    const { device, reports, ends } = await update({ kind: 'crashes' });
    await ends('failed');
    expect(reports().at(-1)).toMatchObject({ reasonCode: 'self_reverted' });
    expect(device.runningVersion).toBe('1.0.0');
  });

  test('lies about success is given away by the heartbeat', async () => {
    const { device, ends } = await update({ kind: 'lies' });
    await ends('succeeded');
    expect(device.runningVersion).toBe('1.0.0');
    await device.agent!.beat();
    await assertEventually(() => expect(peer.uplinksOf('heartbeat').at(-1)!.body.firmwareVersion).toBe('1.0.0'));
  });

  test('falls back after its success is reported as regressed', async () => {
    const { device, reports, ends } = await update({ kind: 'falls_back', afterMs: 100 });
    await ends('succeeded');
    await ends('regressed');
    expect(reports().at(-1)).toMatchObject({ state: 'regressed', firmwareVersion: '1.0.0' });
    expect(device.runningVersion).toBe('1.0.0');
  });

  test('bricks a device is heard of no more until it is revived', async () => {
    const { device, reports, ends } = await update({ kind: 'bricks' });
    await ends('rebooting');
    await assertEventually(() => expect(device.bricked).toBe(true));
    expect(device.online).toBe(false);
    expect(reports().at(-1)).toMatchObject({ state: 'rebooting' });
  });

  test.each([
    ['planned for its version', true, ['rejected']],
    ['brought by the release', false, ['accepted', 'downloading', 'downloaded', 'rejected']],
  ])('is rejected for good by a device, %s', async (_, planned, states) => {
    const { reports, ends } = await update({ kind: 'rejects', code: 'hardware_incompatible', detail: 'x' }, planned);
    await ends('rejected');
    expect([...new Set(reports().map(({ state }) => state))]).toEqual(states);
    expect(reports().at(-1)).toMatchObject({ reasonCode: 'hardware_incompatible' });
  });

  test('is put off for the battery as often as told, and then taken', async () => {
    const { device, reports, ends, again } = await update({ kind: 'defers', times: 2, retryAfterS: 5 }, true);
    await assertEventually(() => expect(reports()).toHaveLength(1));
    expect(reports()[0]).toMatchObject({ state: 'deferred', reasonCode: 'battery_low', retryAfterS: 5 });
    await device.agent!.beat();
    await assertEventually(() =>
      expect(peer.uplinksOf('heartbeat').at(-1)!.body.power).toMatchObject({ source: 'battery', batteryPercent: 9 }),
    );
    await again();
    await assertEventually(() => expect(reports()).toHaveLength(2));
    await again();
    await ends('succeeded');
    expect(device.runningVersion).toBe('2.0.0');
  });

  test('silences a device succeeds when it is heard again', async () => {
    const { device, reports, ends } = await update({ kind: 'goes_silent', forMs: 1_500 });
    await assertEventually(() => expect(device.online).toBe(false));
    const before = reports().map(({ state }) => state);
    expect(before).not.toContain('rebooting');
    await ends('succeeded');
    expect(device.runningVersion).toBe('2.0.0');
  });

  test('is late is not heard of while it is being installed, and succeeds after all', async () => {
    const { device, reports, ends } = await update({ kind: 'installs_late', afterMs: 1_000 });
    await ends('installing');
    await device.agent!.beat();
    expect(device.online).toBe(true);
    await ends('succeeded');
    expect(reports().filter(({ state, progress }) => state === 'installing' && progress !== undefined)).toEqual([]);
  });

  test('crashes whenever it has come up is left by the device after some starts', async () => {
    const { device, reports, ends } = await update({ kind: 'crash_loops', everyMs: 0 });
    await ends('failed');
    expect(reports().at(-1)).toMatchObject({ reasonCode: 'self_reverted', firmwareVersion: '1.0.0' });
    expect(device.runningVersion).toBe('1.0.0');
  });

  test('makes a device ail succeeds, and shows in what it says and measures', async () => {
    const fault = {
      kind: 'ails',
      afterMs: 0,
      status: 'error',
      missing: 0,
      metric: 'temperature_c',
      shift: 1_000,
    } as const;
    const { device, ends } = await update(fault);
    await ends('succeeded');
    await device.agent!.beat();
    await assertEventually(() => {
      expect(peer.uplinksOf('heartbeat').at(-1)!.body).toMatchObject({ status: 'error', firmwareVersion: '2.0.0' });
      const [reading] = peer.uplinksOf('telemetry').at(-1)!.body.readings;
      // One by itself, or a block of several.
      expect([reading.values.temperature_c].flat().at(-1)).toBeGreaterThan(900);
    });
  });
});
