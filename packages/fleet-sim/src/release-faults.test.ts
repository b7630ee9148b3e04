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

/** One device that meets a release with this fault. */
async function update(fault: ReleaseFault) {
  fleet = await startFleet({
    url: peer.url,
    groups: [{ token: peer.token, site: 'Berlin' }],
    devices: 1,
    seed: 7,
    models: ['edge-gateway-100'],
    firmwareVersions: ['1.0.0'],
    tempo: {
      installMs: 50,
      restartMs: 50,
      agent: {
        backoff: { baseMs: 50, capMs: 200, stableMs: 1000 },
        probation: { everyMs: 50, steadyMs: 100, withinMs: 3_000, linkWithinMs: 10_000 },
      },
    },
  });
  const device = fleet.devices[0]!;
  await assertEventually(() => expect(device.online).toBe(true));
  const offer = await peer.offer(device.deviceId!, '2.0.0', simulatedArtifact('2.0.0', 20_000, [{ share: 1, fault }]));
  await peer.send(device.deviceId!, 'execution', offer);
  const reports = () =>
    peer
      .uplinksOf('execution')
      .filter(({ body }) => body.executionId === offer.executionId)
      .map(({ body }) => body);
  const ends = (state: string) => assertEventually(() => expect(reports().map((body) => body.state)).toContain(state));
  return { device, reports, ends };
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
});
