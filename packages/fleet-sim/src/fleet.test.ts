import { createHash } from 'node:crypto';
import zlib from 'node:zlib';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { startWirePeer, type WirePeer } from '@muster/testkit/wire-peer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { simulatedArtifact } from './behaviour.js';
import { type Fleet, startFleet } from './fleet.js';

const quick = {
  installMs: 50,
  restartMs: 50,
  telemetryS: 1,
  agent: {
    lingerMs: 20,
    backoff: { baseMs: 50, capMs: 200, stableMs: 1000 },
    probation: { everyMs: 50, steadyMs: 100, withinMs: 3_000, linkWithinMs: 10_000 },
  },
};

let peer: WirePeer;
let fleet: Fleet;

beforeEach(async () => {
  peer = await startWirePeer();
});
afterEach(async () => {
  await fleet?.stop();
  await peer.stop();
});

const start = (devices: number, folder?: string) =>
  startFleet({
    url: peer.url,
    groups: [{ token: peer.token, site: 'Berlin' }],
    devices,
    seed: 7,
    models: ['edge-gateway-100'],
    firmwareVersions: ['1.0.0'],
    tempo: quick,
    ...(folder && { folder }),
  });

const statesOf = (executionId: string) =>
  peer
    .uplinksOf('execution')
    .filter(({ body }) => body.executionId === executionId)
    .map(({ body }) => body.state);

describe('a fleet', () => {
  test('enrols, connects over mutual TLS and has its telemetry acknowledged', async () => {
    fleet = await start(5);
    await assertEventually(() => {
      expect(fleet.online()).toBe(5);
      expect(new Set(peer.uplinksOf('telemetry').map(({ deviceId }) => deviceId)).size).toBe(5);
    });
    expect(peer.uplinksOf('heartbeat')[0]!.body).toMatchObject({ reason: 'connected', firmwareVersion: '1.0.0' });
    await assertEventually(() => expect(fleet.backlog()).toBeLessThan(5));
  });

  test('a good release is downloaded, installed, verified and confirmed', async () => {
    fleet = await start(1);
    await assertEventually(() => expect(fleet.online()).toBe(1));
    const device = fleet.devices[0]!;
    const offer = await peer.offer(device.deviceId!, '2.0.0', simulatedArtifact('2.0.0', 200_000));
    peer.faults.cutDownloads.push(70_000, 50_000);
    await peer.send(device.deviceId!, 'execution', offer);
    await assertEventually(() => expect(statesOf(offer.executionId)).toContain('succeeded'));
    expect(device.runningVersion).toBe('2.0.0');
    const states = statesOf(offer.executionId);
    for (const state of ['accepted', 'downloading', 'downloaded', 'installing', 'rebooting', 'verifying'])
      expect(states).toContain(state);
    expect(peer.downloads.map(({ range }) => range)).toHaveLength(3);
  });

  test('makes the next release from a delta and what it kept, and fetches no more than that', async () => {
    fleet = await start(2);
    await assertEventually(() => expect(fleet.online()).toBe(2));
    const first = simulatedArtifact('2.0.0', 300_000);
    const second = Buffer.concat([Buffer.from('{"musterSimulation":1,"version":"2.1.0"}\n'), first]);
    const params = { [zlib.constants.ZSTD_c_compressionLevel]: 9 };
    const { path, ...delta } = peer.publish(zlib.zstdCompressSync(second, { dictionary: first, params }));
    const baseSha256 = createHash('sha256').update(first).digest('hex');
    const order = { delta: { format: 'zstd-patch' as const, path, ...delta, baseSha256 } };
    for (const [version, content, change] of [
      ['2.0.0', first, {}],
      ['2.1.0', second, order],
    ] as const)
      for (const { deviceId } of fleet.devices) {
        const offer = await peer.offer(deviceId!, version, content, { order: change });
        await peer.send(deviceId!, 'execution', offer);
        await assertEventually(() => expect(statesOf(offer.executionId)).toContain('succeeded'));
      }
    expect(fleet.devices.map(({ runningVersion }) => runningVersion)).toEqual(['2.1.0', '2.1.0']);
    const taken = peer.uplinksOf('execution').flatMap(({ body }) => (body.bytes === undefined ? [] : [body.bytes]));
    expect(taken).toEqual([300_000, 300_000, delta.size, delta.size]);
    expect(delta.size).toBeLessThan(3_000);
  });
});
