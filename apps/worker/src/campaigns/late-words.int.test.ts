import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { type ExecutionRow, executionStore } from '@muster/persistence/campaigns/execution.store';
import { waveStore } from '@muster/persistence/campaigns/wave.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';
import { commandKey } from './campaigns.harness.js';

let test: TestDatabase;
let worker: TestWorker;
let tenant: CampaignTenant;
let folder: string;
let device: string;
let first: string;
let next: string;
let seqNo = 0;

beforeAll(async () => {
  test = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'muster-late-words-'));
  tenant = await new CampaignTenant(test.database).open();
  tenant.now = new Date();
  await commandKey(test.database, tenant.id, join(folder, 'keys'));
  const old = await tenant.release('1.0.0');
  first = await tenant.release('2.0.0');
  [device] = (await tenant.fleet(1, [{ id: old, version: '1.0.0' }])) as [string];
  await tenant.as(async (tx) => {
    await tx.query(`update releases set manifest_jws = 'a.b.c'`);
    await tx.query(
      `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, state, activated_at)
       values ($1, $2::uuid, $3::uuid, $2::text, $4, $4, 'active', now())`,
      [tenant.id, uuidv7(), device, randomBytes(32).toString('hex')],
    );
  });
  worker = await testWorker(test, [], folder);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
  await rm(folder, { recursive: true, force: true });
});

const say = (channel: 'heartbeat' | 'execution', body: object): Promise<void> =>
  worker.transport.uplink({ tenant: tenant.id, deviceId: device }, channel, {
    msgId: uuidv7(),
    deviceId: device,
    seqNo: ++seqNo,
    producedAt: new Date().toISOString(),
    schemaVersion: 1,
    ...body,
  });
const beat = (firmwareVersion: string) =>
  say('heartbeat', { reason: 'periodic', status: 'ok', firmwareVersion, intervalS: 60 });

const executionIn = async (campaignId: string): Promise<ExecutionRow | undefined> =>
  (await tenant.as((tx) => executionStore.ofDevice(tx, device, null, 10))).find((it) => it.campaignId === campaignId);
const reaches = (campaignId: string, state: string): Promise<ExecutionRow> =>
  assertEventually(
    async () => {
      const row = await executionIn(campaignId);
      expect(row?.state).toBe(state);
      return row!;
    },
    { within: 20_000 },
  );

/** Its only device is silent until the deadline is over, and the campaign ends without it. */
async function giveUp(releaseId: string): Promise<ExecutionRow> {
  const gate = { maxFailureRate: 1, maxTimeoutRate: 1, minSuccessRate: 0, minSample: 1, minResolvedShare: 1, soakS: 0 };
  const id = await tenant.launch(releaseId, { waves: [{ size: { percent: 100 } }], gate, deviceSoakS: 2 });
  const { id: executionId } = await reaches(id, 'offered');
  await say('execution', { executionId, state: 'installing' });
  await reaches(id, 'installing');
  await tenant.as((tx) =>
    tx.query(`update executions set since = now() + interval '1 minute', deadline_at = now() where id = $1`, [
      executionId,
    ]),
  );
  const row = await reaches(id, 'in_doubt');
  await assertEventually(async () => expect((await tenant.campaign(id)).state).toBe('completed_with_stragglers'), {
    within: 20_000,
  });
  return row;
}
const succeeded = ({ id: executionId }: ExecutionRow, firmwareVersion: string) =>
  say('execution', { executionId, state: 'succeeded', firmwareVersion, checks: { network: true } });

describe('a device that speaks after it was given up', () => {
  it('is believed after the deadline and after the end of its campaign, and its soak ends', async () => {
    const lost = await giveUp(first);
    await succeeded(lost, '2.0.0');
    await reaches(lost.campaignId, 'soaking');
    await assertEventually(
      async () => {
        await beat('2.0.0');
        expect((await executionIn(lost.campaignId))!.state).not.toBe('soaking');
      },
      { within: 20_000, every: 250 },
    );
    expect(await executionIn(lost.campaignId)).toMatchObject({ state: 'succeeded', reasonCode: 'confirmed' });
    const { state } = await tenant.campaign(lost.campaignId);
    expect(state).toBe('completed_with_stragglers');
    // Nobody looks at it any more.
    await assertEventually(async () => {
      const [row] = await tenant.as((tx) =>
        tx.query<{ at: Date | null }>('select attention_at as at from campaigns where id = $1', [lost.campaignId]),
      );
      expect(row!.at).toBeNull();
    });
  });

  it('is heard and changes nothing once another campaign has taken it', async () => {
    const lost = await giveUp(await tenant.release('3.0.0').then(signed));
    next = await tenant.launch(await tenant.release('4.0.0').then(signed), {
      waves: [{ size: { percent: 100 } }],
    });
    await reaches(next, 'offered');
    await succeeded(lost, '3.0.0');
    await beat('2.0.0');
    expect(await executionIn(lost.campaignId)).toMatchObject({ state: 'in_doubt', reasonCode: 'silent' });
    expect((await executionIn(next))!.state).toBe('offered');
    expect(await tenant.as((tx) => tx.query('select reason from dead_letters where device_id = $1', [device]))).toEqual(
      [],
    );
  });

  it('is looked at though it spoke, by an earlier clock, while the look before was being taken', async () => {
    const [{ campaignId }] = (await tenant.as((tx) => executionStore.ofDevice(tx, device, null, 10))).slice(-1) as [
      ExecutionRow,
    ];
    expect((await tenant.campaign(campaignId)).state).toBe('completed_with_stragglers');
    const asked = new Date();
    const left = await tenant.as(async (tx) => {
      await campaignStore.callAttention(tx, campaignId, asked);
      const taken = (await campaignStore.get(tx, campaignId))!.attentionAt!;
      await campaignStore.callAttention(tx, campaignId, new Date(asked.getTime() - 1000));
      await campaignStore.attended(tx, campaignId, taken);
      return (await campaignStore.get(tx, campaignId))!.attentionAt;
    });
    expect(left).not.toBeNull();
  });

  it('has what it fetched counted once, though it says so after a later step, and twice', async () => {
    const { id: executionId, wave } = await reaches(next, 'offered');
    await say('execution', { executionId, state: 'installing' });
    for (let i = 0; i < 2; i++) await say('execution', { executionId, state: 'downloaded', bytes: 4321 });
    expect(await reaches(next, 'installing')).toMatchObject({ id: executionId });
    const [row] = await tenant.as((tx) => waveStore.list(tx, [next]));
    expect(row).toMatchObject({ n: wave, bytesSent: 4321 });
  });
});

async function signed(releaseId: string): Promise<string> {
  await tenant.as((tx) => tx.query(`update releases set manifest_jws = 'a.b.c' where id = $1`, [releaseId]));
  return releaseId;
}
