import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCampaign, getCampaign, launchCampaign } from '@muster/contracts/campaigns/campaigns.routes';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { getCommand, sendCommand } from '@muster/contracts/commands/commands.routes';
import {
  createArtifact,
  createRelease,
  getArtifact,
  publishRelease,
  putArtifactContent,
  signRelease,
} from '@muster/contracts/releases/releases.routes';
import { simulatedArtifact } from '@muster/fleet-sim/behaviour';
import { demoVersions } from '@muster/fleet-sim/fleet-plan';
import type { SimulatedDevice } from '@muster/fleet-sim/simulated-device';
import { freePort } from '@muster/runtime/embedded/free-port';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type DebianPostgres, startDebianPostgres } from '@muster/testkit/debian-postgres';
import { startMosquitto } from '@muster/testkit/mosquitto';
import { type Redis, startRedis } from '@muster/testkit/redis';
import { type Swift, startSwift } from '@muster/testkit/swift';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CampaignStage, openStage } from '../stack/campaign-stage.js';
import { Installation } from '../stack/installation.js';

const DEVICES = 5;
const VERSION = '2.0.0';
const BYTES = 512 * 1024;
const content = simulatedArtifact(VERSION, BYTES);
const sha256 = createHash('sha256').update(content).digest('hex');

let home: string;
let postgres: DebianPostgres;
let redis: Redis;
let swift: Swift;
let stage: CampaignStage;
let readBefore = 0;
let releaseId: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-external-'));
  [postgres, redis, swift] = await Promise.all([startDebianPostgres(home), startRedis(home), startSwift(home)]);
  const databaseUrl = await postgres.create('fleet');
  const external = { databaseUrl, redisUrl: redis.url, artifactsUrl: swift.artifactsUrl('artifacts') };
  stage = await openStage({ external, broker: 'mosquitto', devices: DEVICES });
});
afterAll(async () => {
  await stage?.stop();
  await Promise.all([postgres?.stop(), redis?.stop(), swift?.stop()]);
  rmSync(home, { recursive: true, force: true });
});

const one = async <T>(sql: string) => (await stage.stack.database.system((tx) => tx.query<{ is: T }>(sql)))[0]!.is;
const asked = (method: string) =>
  swift.requests().filter((request) => request.method === method && request.path.startsWith('/artifacts/main/'));

/** How much of the new release lies on the device. */
const fetched = async ({ files }: SimulatedDevice) => (await files.part(`download/${sha256}`)).size;

describe('the product on PostgreSQL 15, Redis, Mosquitto and an S3 store', () => {
  it('keeps nothing of theirs to itself', async () => {
    expect(await one<string>('select current_setting($$server_version_num$$) as is')).toMatch(/^15/);
    expect(await one<number>('select count(*)::int as is from messages')).toBeGreaterThan(0);
    expect(await one<number>('select count(*)::int as is from bullmq.job')).toBe(0);
    expect(await redis.ask('ZCARD bull:outbox:repeat')).not.toBe(':0');
    const data = join(stage.stack.home, 'data');
    expect(['postgres', 'artifacts'].filter((name) => existsSync(join(data, name)))).toEqual([]);
    expect(asked('PUT').filter(({ path }) => path.startsWith('/artifacts/main/'))).toHaveLength(
      demoVersions.length + 1,
    );
  });

  it('takes a release in two parts with a kill of the api between them', async () => {
    const { client, stack, name, models } = stage;
    const { id } = await client.call(createArtifact, { body: { name: 'firmware.bin', size: BYTES, sha256 } });
    const params = { artifactId: id };
    const part = (from: number, to: number) =>
      client.call(putArtifactContent, {
        params,
        content: content.subarray(from, to),
        headers: { 'content-range': `bytes ${from}-${to - 1}/${BYTES}` },
      });
    await part(0, 300_000);
    await stack.api.kill();
    await stack.api.start();
    const { received } = await client.call(getArtifact, { params });
    expect(received).toBe(300_000);
    expect(await part(received, BYTES)).toMatchObject({ state: 'complete' });
    expect(asked('PUT').filter(({ path }) => path === `/artifacts/main/${sha256}`)).toMatchObject([{ status: 200 }]);

    const draft = await client.call(createRelease, { body: { name, version: VERSION, models, artifactId: id } });
    releaseId = draft.id;
    const signed = await client.call(signRelease, { params: { releaseId }, body: {}, match: draft.etag });
    const published = await client.call(publishRelease, { params: { releaseId }, body: {}, match: signed.etag });
    expect(published.state).toBe('published');
    readBefore = asked('GET').length;
    expect(readBefore).toBeGreaterThan(0);
  });

  it('brings a campaign to its end though Redis dies in the middle and forgets everything', async () => {
    const { client, fleet } = stage;
    fleet.setFault('all', '*', { kind: 'slow_download', bytesPerS: 200_000 });
    const draft = stage.campaign(releaseId);
    const plan = {
      ...draft.plan,
      waves: [{ size: { devices: 1 } }, { size: { percent: 100 } }],
      gate: { ...draft.plan.gate, soakS: 1 },
      deviceSoakS: 1,
    };
    const made = await client.call(createCampaign, { body: { ...draft, plan } });
    const params = { campaignId: made.id };
    await client.call(launchCampaign, { params, body: {}, match: made.version });
    const read = (): Promise<Campaign> => client.call(getCampaign, { params });

    const cut = await assertEventually(
      async () => {
        for (const device of fleet.devices) if ((await fetched(device)) > BYTES / 4) return device;
        throw new Error('no download yet');
      },
      { within: 40_000 },
    );
    await cut.crash();
    await redis.ask('SET remembered 1');
    await redis.kill();
    await assertEventually(() => expect(cut.runningVersion).toBe(VERSION), { within: 40_000 });
    const command = await client.call(sendCommand, {
      params: { deviceId: fleet.devices[1]!.deviceId! },
      body: { name: 'ping', args: { payload: 'while Redis is away' }, expiresInS: 300 },
    });
    await redis.start();
    // Not that it is empty: the worker may have begun to fill it again.
    expect(await redis.ask('EXISTS remembered')).toBe(':0');
    const answered = { params: { commandId: command.id } };
    await assertEventually(async () => expect((await client.call(getCommand, answered)).state).toBe('succeeded'), {
      within: 40_000,
    });

    const ended = await assertEventually(
      async () => {
        const now = await read();
        expect(now.state, now.sentence).toBe('completed');
        return now;
      },
      { within: 90_000, every: 100 },
    );
    expect(ended.counters).toMatchObject({ succeeded: DEVICES, failed: 0, timedOut: 0, inFlight: 0 });
    expect(fleet.devices.map((device) => device.runningVersion)).toEqual(Array(DEVICES).fill(VERSION));
    expect(await stage.offers(made.id)).toHaveLength(DEVICES);
  });

  it('streamed the artifact from the store by ranges, the cut one from where it was', () => {
    const gets = asked('GET');
    expect(gets.map(({ status }) => status)).toEqual(gets.map(() => 206));
    // Signing and publishing read it too, to see that it is what was uploaded; a delta is made of two artifacts.
    const deltas = 2 * demoVersions.length;
    expect(gets.filter(({ from }) => from === 0).length - readBefore).toBe(deltas + DEVICES);
    expect(gets.filter(({ from }) => from! > 0)).toHaveLength(1);
  });
});

describe('npm start with external parts', () => {
  it('uses them and brings none of its own', async () => {
    const servicePort = await freePort();
    const installation = await Installation.in(join(home, 'installation'), {
      MUSTER_DATABASE_URL: await postgres.create('installed'),
      MUSTER_REDIS_URL: `${redis.url}/1`,
      MUSTER_ARTIFACTS_URL: swift.artifactsUrl('installed'),
      MUSTER_MQTT_URL: `mqtts://localhost:${servicePort}`,
    });
    const { data, ports } = installation;
    const first = installation.start();
    // The broker's certificate comes from the api, so at a first start the worker has to wait for the broker.
    await assertEventually(() => expect(installation.printed).toContain('console and API at'), { within: 40_000 });
    const mosquitto = await startMosquitto({ home, tls: join(data, 'tls'), port: ports.mqtt, servicePort });
    try {
      await first;
      expect(installation.printed).toContain('PostgreSQL at 127.0.0.1:');
      expect(installation.printed).toContain('MQTT through the external broker');
      expect(existsSync(join(data, 'postgres'))).toBe(false);
      expect(await installation.stop()).toBe(0);
      await installation.start();
      expect(installation.signInLink).toBeDefined();
    } finally {
      await installation.stop();
      await mosquitto.stop();
    }
  });
});
