import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type OfferWish, startWirePeer, type Uplink, type WirePeer } from '@muster/testkit/wire-peer';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const here = fileURLToPath(new URL('../..', import.meta.url));
let peer: WirePeer;
let folder: string;
let running: ChildProcess | null = null;

/** The machine's own Node, as on a device: the tests themselves run on a newer one from the workspace. */
const machineNode =
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((place) => !place.includes('node_modules'))
    .map((place) => join(place, 'node'))
    .find(existsSync) ?? process.execPath;

/** The bundle as it is shipped. */
const bundle = join(here, 'dist/muster-agent.mjs');
const why = () => execFileSync(machineNode, [bundle, 'why', '--state', folder], { encoding: 'utf8' });

async function agent(...words: string[]): Promise<{ code: Promise<number | null>; told: () => string }> {
  let text = '';
  const child = spawn(machineNode, [bundle, '--state', folder, ...words]);
  running = child;
  child.stderr.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  return { code: new Promise((resolve) => child.once('exit', resolve)), told: () => text };
}

beforeAll(async () => {
  const built = spawn(process.execPath, ['bundle.mjs'], { cwd: here, stdio: 'inherit' });
  expect(await new Promise((resolve) => built.once('exit', resolve))).toBe(0);
  peer = await startWirePeer();
  console.log(`the agent runs on Node ${execFileSync(machineNode, ['--version'], { encoding: 'utf8' }).trim()}`);
}, 60_000);
afterAll(() => peer.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-agent-'));
});
afterEach(async () => {
  if (running && running.exitCode === null) {
    running.kill('SIGTERM');
    await new Promise((resolve) => running!.once('exit', resolve));
  }
  await rm(folder, { recursive: true, force: true });
});

describe('muster-agent', () => {
  test('enrols, has a message acknowledged and ends', async () => {
    const { code, told } = await agent('--url', peer.url, '--token', peer.token, '--once', '--name', 'bench');
    expect(await code, told()).toBe(0);
    expect(told()).toContain('enrolled as');
    const known = JSON.parse(await readFile(join(folder, 'identity/current.json'), 'utf8'));
    expect(known).toMatchObject({ tenant: 'acme' });
    const again = await agent('--once');
    expect(await again.code, again.told()).toBe(0);
    expect(again.told()).toContain(known.deviceId);
  }, 30_000);

  test('refuses a server whose root is not the one in the token', async () => {
    const other = peer.token.replace(/[0-9a-f]{64}$/, 'f'.repeat(64));
    const { code, told } = await agent('--url', peer.url, '--token', other);
    expect(await code).toBe(2);
    expect(told()).toContain('does not present the root');
  }, 30_000);

  test('says what is wrong with its words', async () => {
    const { code, told } = await agent('--nonsense');
    expect(await code).toBe(2);
    expect(told()).toContain('--url');
  }, 30_000);

  test('installs a good release, leaves an unhealthy one, and survives one whose agent cannot start', async () => {
    const { told } = await agent('--url', peer.url, '--token', peer.token, '--model', 'edge-gateway-100', '--verbose');
    const device = await assertEventually(() => {
      const mine = /enrolled as (\S+)/.exec(told())?.[1];
      expect(peer.uplinksOf('heartbeat').some(({ deviceId }) => deviceId === mine)).toBe(true);
      return mine!;
    });
    let last: Uplink['body'][] = [];
    const offered = async (version: string, content: Buffer, end: string, wish?: OfferWish) => {
      const offer = await peer.offer(device, version, content, wish);
      await peer.send(device, 'execution', offer);
      const reports = () =>
        peer
          .uplinksOf('execution')
          .filter(({ body }) => body.executionId === offer.executionId)
          .map(({ body }) => body);
      await assertEventually(
        () =>
          expect(
            reports().map(({ state }) => state),
            told(),
          ).toContain(end),
        { within: 40_000 },
      );
      last = reports();
      return last.at(-1);
    };
    const current = () => readlink(join(folder, 'slots/current'));

    await offered('3.1.4', Buffer.from('firmware'.repeat(20_000)), 'succeeded');
    expect(await current()).toBe('a');
    expect(await readFile(join(folder, 'slots/a/firmware.bin'), 'utf8')).toContain('firmware');

    expect(why()).toBe(
      'Not updating: 3.1.4 is installed, well, and the newest release that was offered. [succeeded]\n',
    );

    // The delta is nonsense: where the runtime reads deltas at all, that is found out, and the whole is fetched.
    const { path, ...delta } = peer.publish(Buffer.from('no delta'));
    const baseSha256 = createHash('sha256').update('firmware'.repeat(20_000)).digest('hex');
    const next = Buffer.from('software'.repeat(20_000));
    await offered('3.1.5', next, 'succeeded', {
      order: { delta: { ...delta, path, format: 'zstd-patch', baseSha256 } },
    });
    const downloaded = last.find(({ state }) => state === 'downloaded');
    expect(downloaded!.reasonDetail).toMatch(/^delta not used: /);
    expect(downloaded!.bytes).toBeGreaterThanOrEqual(next.length);
    // What is no longer needed goes after the report, not before it.
    await assertEventually(async () => {
      expect(await readdir(join(folder, 'download'))).toEqual([createHash('sha256').update(next).digest('hex')]);
    });

    const unhealthy = await archive({ 'hooks/health': '#!/bin/sh\necho no meters >&2\nexit 1\n' });
    expect(await offered('3.2.0', unhealthy, 'failed')).toMatchObject({
      reasonCode: 'health_check_failed',
      reasonDetail: 'no meters',
      firmwareVersion: '3.1.5',
    });
    expect(await current()).toBe('b');
    expect(why()).toBe(
      'Not updating: 3.2.0 failed. The new release runs and is not healthy (no meters). The device runs 3.1.5. [health_check_failed]\n',
    );

    const older = await peer.offer(device, '3.0.0', Buffer.from('older'));
    await peer.send(device, 'execution', older);
    await assertEventually(() =>
      expect(why()).toContain('The release is older than the one that runs, and the offer does not allow going back'),
    );

    const broken = await archive({ 'agent/muster-agent.mjs': 'process.exit(1);\n' });
    expect(await offered('3.3.0', broken, 'failed')).toMatchObject({
      reasonCode: 'self_reverted',
      firmwareVersion: '3.1.5',
    });
    expect(await current()).toBe('b');

    const escaping = await archive({ '../../escaped': 'x' });
    expect(await offered('3.4.0', escaping, 'failed')).toMatchObject({ reasonCode: 'archive_refused' });
  }, 120_000);
});

async function archive(files: Record<string, string>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o755 }, content);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}
