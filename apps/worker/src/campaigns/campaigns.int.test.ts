import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { targetStore } from '@muster/persistence/campaigns/target.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import type { Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import type { SigningJwk } from '@muster/pki/signing/compact';
import { verifyOffer } from '@muster/pki/signing/offer';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';
import { commandKey, publishedRelease } from './campaigns.harness.js';

let test: TestDatabase;
let worker: TestWorker;
let folder: string;
let key: SigningJwk;
const tenant = 'acme';
const as = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => test.database.tenant(tenant, work);
let seqNo = 0;

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => tx.query(`insert into tenants (id, name) values ($1, 'Acme')`, [tenant]));
  folder = await mkdtemp(join(tmpdir(), 'muster-campaigns-'));
  key = await commandKey(test.database, tenant, join(folder, 'keys'));
  worker = await testWorker(test, [], folder);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
  await rm(folder, { recursive: true, force: true });
});

const send = (deviceId: string, channel: 'heartbeat' | 'execution', body: object): Promise<void> => {
  const header = {
    msgId: uuidv7(),
    deviceId,
    seqNo: ++seqNo,
    producedAt: new Date().toISOString(),
    schemaVersion: 1,
  };
  return worker.transport.uplink({ tenant, deviceId }, channel, { ...header, ...body });
};
const beat = (deviceId: string, firmwareVersion: string, reason = 'periodic') =>
  send(deviceId, 'heartbeat', { reason, status: 'ok', firmwareVersion });
const report = (deviceId: string, executionId: string, state: string, more: object = {}) =>
  send(deviceId, 'execution', { executionId, state, ...more });

const release = (version: string): Promise<string> => as((tx) => publishedRelease(tx, version));

async function devices(n: number, site: string, version: string): Promise<string[]> {
  const ids: string[] = [];
  for (let i = 0; i < n; i++) {
    const row = await as((tx) =>
      deviceStore.insert(
        tx,
        {
          name: `${site}-${i}`,
          serial: `${site}-${i}`,
          model: 'm1',
          hardwareRevision: null,
          class: 'gateway',
          site,
          labels: {},
          state: 'active',
        },
        new Date(),
      ),
    );
    ids.push(row!.id);
  }
  for (const id of ids) await beat(id, version, 'connected');
  return ids;
}

const plan: CampaignPlan = {
  waves: [{ size: { percent: 100 } }],
  gate: { maxFailureRate: 0, maxTimeoutRate: 0, minSuccessRate: 1, minSample: 1, minResolvedShare: 1, soakS: 0 },
  concurrency: 10,
  ratePerMinute: null,
  deadlineS: 60,
  stepTimeoutS: 30,
  deviceSoakS: 0,
  retries: 0,
  autoRollback: true,
  approval: false,
};

async function launch(releaseId: string, site: string, more: Partial<CampaignPlan> = {}): Promise<string> {
  const id = uuidv7();
  const now = new Date();
  await as(async (tx) => {
    const rows = await targetStore.match(tx, { site: [site] });
    const subject = { releaseId, configId: null, configNumber: null, command: null };
    const campaign = {
      id,
      parentId: null,
      kind: 'release',
      name: site,
      state: 'preparing',
      selector: {},
      plan: { ...plan, ...more },
    } as const;
    await campaignStore.insert(tx, { ...campaign, ...subject, createdBy: 'test' }, now);
    const size = rows.length;
    await waveStore.insertAll(tx, id, [{ n: 1, cumulative: size, size, counts: { queued: size } }], now);
    const targets = rows.map(({ deviceId, previousReleaseId, previousVersion }, position) => {
      return { deviceId, previousReleaseId, previousVersion, wave: 1, position, releaseId };
    });
    await targetStore.freeze(tx, id, targets, now);
  });
  return id;
}

const offersTo = (deviceId: string) =>
  worker.transport.to({ tenant, deviceId }, 'execution').filter((body) => body.action === 'offer');
const nextOffer = (deviceId: string, n = 1) =>
  assertEventually(
    () => {
      const offers = offersTo(deviceId);
      expect(offers.length).toBeGreaterThanOrEqual(n);
      return offers[n - 1] as { executionId: string; rollback: boolean; artifactPath: string; offer: string };
    },
    { within: 15_000 },
  );
const stateOf = (campaignId: string) => as((tx) => campaignStore.get(tx, campaignId)).then((row) => row!);

/** From the offer to the device's own word that it is done. */
async function update(deviceId: string, executionId: string, version: string): Promise<void> {
  for (const state of ['accepted', 'downloading', 'downloaded', 'installing', 'rebooting'])
    await report(deviceId, executionId, state);
  await beat(deviceId, version, 'connected');
  await report(deviceId, executionId, 'succeeded', { firmwareVersion: version, checks: { network: true } });
  await assertEventually(
    async () => {
      await beat(deviceId, version);
      const [row] = await as((tx) => executionStore.ofDevice(tx, deviceId, null, 1));
      expect(row!.state).not.toBe('soaking');
    },
    { within: 15_000 },
  );
}

describe('campaigns in the worker', () => {
  it('takes a release from offer to confirmation, and returns the device when it falls back later', async () => {
    await release('1.0.0');
    const fresh = await release('2.0.0');
    const [device] = (await devices(1, 'later', '1.0.0')) as [string];
    await assertEventually(async () => {
      const [row] = await as((tx) => targetStore.match(tx, { site: ['later'] }));
      expect(row).toMatchObject({ previousVersion: '1.0.0', previousReleaseId: expect.any(String) });
    });
    const id = await launch(fresh, 'later');
    const offer = await nextOffer(device);
    expect(offer).toMatchObject({
      rollback: false,
      artifactPath: expect.stringMatching(/^\/device\/v1\/artifacts\/[0-9a-f]{64}$/),
    });
    await update(device, offer.executionId, '2.0.0');
    await assertEventually(async () => expect(await stateOf(id)).toMatchObject({ state: 'completed' }), {
      within: 15_000,
    });

    // Nobody updates it, and yet it says 1.0.0 again.
    await beat(device, '1.0.0', 'connected');
    await assertEventually(
      async () => expect(await stateOf(id)).toMatchObject({ state: 'failed', reasonCode: 'nothing_to_return' }),
      { within: 15_000 },
    );
    const [row] = await as((tx) => executionStore.ofDevice(tx, device, null, 1));
    expect(row).toMatchObject({ state: 'regressed', reasonCode: 'fell_back', reasonDetail: 'runs 1.0.0' });
    const timeline = await as((tx) =>
      tx.query<{ summary: string }>('select summary from device_events where device_id = $1 order by id', [device]),
    );
    expect(timeline.map((event) => event.summary)).toContain('Update to 2.0.0 lost: the device fell back (fell back)');
  });

  it('halts, returns the updated device to its own release, and tells everybody once', async () => {
    const bad = await release('3.0.0');
    const [good, fails] = (await devices(2, 'bad', '1.0.0')) as [string, string];
    await assertEventually(async () => {
      const rows = await as((tx) => targetStore.match(tx, { site: ['bad'] }));
      expect(rows.every((row) => row.previousReleaseId !== null)).toBe(true);
    });
    const id = await launch(bad, 'bad');
    const [first, second] = await Promise.all([nextOffer(good), nextOffer(fails)]);
    await update(good, first.executionId, '3.0.0');
    await report(fails, second.executionId, 'failed', { reasonCode: 'install_failed', phase: 'installing' });
    const back = await nextOffer(good, 2);
    expect(back).toMatchObject({ rollback: true });
    await update(good, back.executionId, '1.0.0');
    await assertEventually(
      async () => expect(await stateOf(id)).toMatchObject({ state: 'failed', reasonCode: 'rolled_back' }),
      { within: 15_000 },
    );
    const [wave] = await as((tx) => waveStore.list(tx, [id]));
    expect(wave!.counts).toEqual({ rolled_back: 1, failed: 1 });
    const letters = await as((tx) =>
      tx.query<{ type: string }>(
        `select type from outbox where key = $1 and type in ('campaign.halted', 'campaign.rollback_finished') order by id`,
        [id],
      ),
    );
    expect(letters.map((letter) => letter.type)).toEqual(['campaign.halted', 'campaign.rollback_finished']);
    expect(offersTo(fails)).toHaveLength(1);
  });

  it('tells a device again what it may have missed, and refuses reports on what is not its own', async () => {
    const fresh = await release('4.0.0');
    const [device, other] = (await devices(2, 'missed', '1.0.0')) as [string, string];
    await launch(fresh, 'missed');
    const offer = await nextOffer(device);
    await beat(device, '1.0.0', 'connected');
    expect((await nextOffer(device, 2)).executionId).toBe(offer.executionId);
    await report(other, offer.executionId, 'accepted');
    const dead = await test.database.system((tx) =>
      tx.query(`select reason from dead_letters where device_id = $1`, [other]),
    );
    expect(dead).toEqual([{ reason: 'execution_unknown' }]);
  });

  it('signs every offer anew for its device, and tells it the terms of the plan', async () => {
    const fresh = await release('5.0.0');
    const [device] = (await devices(1, 'terms', '1.0.0')) as [string];
    const always = { days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', minutes: 1440 } as const;
    await launch(fresh, 'terms', {
      windows: [{ ...always, days: [...always.days], timezone: 'device' }],
      preconditions: { minBatteryPercent: 30, mainsPower: true },
      jitterS: 20,
      allowDowngrade: true,
    });
    const order = await nextOffer(device);
    expect(order).toMatchObject({
      preconditions: { minBatteryPercent: 30, mainsPower: true },
      jitterS: 20,
      window: { opensAt: expect.any(String), closesAt: expect.any(String) },
    });
    const manifestSha256 = createHash('sha256').update('a.b.c').digest('hex');
    const audience = { deviceId: device, issuer: `muster/${tenant}`, executionId: order.executionId, manifestSha256 };
    const verdict = await verifyOffer(order.offer, [key], { ...audience, now: new Date() });
    expect(verdict).toMatchObject({ ok: true, claims: { releaseId: fresh, downgrade: true, rollback: false } });
    const { deadlineAt } = (await as((tx) => executionStore.ofDevice(tx, device, null, 1)))[0]!;
    const over = await verifyOffer(order.offer, [key], { ...audience, now: new Date(deadlineAt!.getTime() + 1000) });
    expect(over).toEqual({ ok: false, fault: 'expired' });
  });

  it('frees the slot of a device that defers, does not tell it again, and offers it the update later', async () => {
    const fresh = await release('6.0.0');
    const [device] = (await devices(1, 'defers', '1.0.0')) as [string];
    const id = await launch(fresh, 'defers');
    const { executionId } = await nextOffer(device);
    await report(device, executionId, 'deferred', {
      reasonCode: 'battery_low',
      reasonDetail: '12% of 30%',
      retryAfterS: 600,
    });
    const execution = async () => (await as((tx) => executionStore.ofDevice(tx, device, null, 1)))[0]!;
    const row = await execution();
    expect(row).toMatchObject({ state: 'deferred', reasonCode: 'battery_low', deadlineAt: null });
    expect(row.notBefore!.getTime() - row.since.getTime()).toBe(600_000);
    expect((await as((tx) => waveStore.list(tx, [id])))[0]!.counts).toEqual({ deferred: 1 });

    await beat(device, '1.0.0', 'connected');
    await as((tx) => tx.query(`update executions set not_before = now() where id = $1`, [executionId]));
    expect((await nextOffer(device, 2)).executionId).toBe(executionId);
    expect(await execution()).toMatchObject({ state: 'offered', reasonCode: null, notBefore: null });
    expect(offersTo(device)).toHaveLength(2);
  });

  it('adds up the bytes a device fetched, in its execution and in its wave', async () => {
    const fresh = await release('7.0.0');
    const [device] = (await devices(1, 'bytes', '1.0.0')) as [string];
    const id = await launch(fresh, 'bytes');
    const { executionId } = await nextOffer(device);
    await report(device, executionId, 'accepted');
    await report(device, executionId, 'downloaded', { bytes: 4321 });
    const [row] = await as((tx) =>
      tx.query(
        `select bytes_sent::int as bytes, accepted_at is not null as accepted, booted_at from executions where id = $1`,
        [executionId],
      ),
    );
    expect(row).toEqual({ bytes: 4321, accepted: true, booted_at: null });
    expect((await as((tx) => waveStore.list(tx, [id])))[0]).toMatchObject({ bytesSent: 4321 });
  });
});
