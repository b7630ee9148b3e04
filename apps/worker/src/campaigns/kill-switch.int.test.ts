import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { campaignStore } from '@muster/persistence/campaigns/campaign.store';
import { pauseEverything } from '@muster/persistence/campaigns/pause-everything';
import { commandStore } from '@muster/persistence/commands/command.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { brakeStore } from '@muster/persistence/tenants/brake.store';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { FileKeyStore } from '@muster/pki/keys/file-key-store';
import { loadKek } from '@muster/pki/keys/kek';
import { toSigningJwk } from '@muster/pki/signing/compact';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SentDownlink, type TestWorker, testWorker } from '../worker.harness.js';

const DEVICES = 80;

let test: TestDatabase;
let worker: TestWorker;
let tenant: CampaignTenant;
let folder: string;
let devices: string[];
let campaign: string;
let seqNo = 0;

beforeAll(async () => {
  test = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'muster-kill-switch-'));
  tenant = await new CampaignTenant(test.database).open();
  tenant.now = new Date();
  await commandKey();
  const old = await tenant.release('1.0.0');
  const fresh = await tenant.release('2.0.0');
  devices = await tenant.fleet(DEVICES, [{ id: old, version: '1.0.0' }]);
  await tenant.as(async (tx) => {
    await tx.query(`update releases set manifest_jws = 'a.b.c'`);
    for (const id of devices)
      await tx.query(
        `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, state, activated_at)
         values ($1, $2::uuid, $3::uuid, $2::text, $4, $4, 'active', now())`,
        [tenant.id, uuidv7(), id, randomBytes(32).toString('hex')],
      );
  });
  campaign = await tenant.launch(fresh, {
    waves: [{ size: { percent: 100 } }],
    concurrency: DEVICES,
    deadlineS: 3600,
    stepTimeoutS: 900,
  });
  worker = await testWorker(test, [], folder);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await test.drop();
  await rm(folder, { recursive: true, force: true });
});

async function commandKey(): Promise<void> {
  const vault = new FileKeyStore(join(folder, 'keys'), await loadKek(join(folder, 'keys', 'kek')));
  const keyRef = `sign-${tenant.id}-command-1`;
  const signer = await vault.create(keyRef, { tenant: tenant.id, purpose: 'command', generation: 1 }, 'EdDSA');
  const jwk = toSigningJwk(signer, `${tenant.id}-command-1`, 'command');
  const row = { kid: jwk.kid, tenantId: tenant.id, purpose: 'command', algorithm: 'EdDSA', keyRef };
  await test.database.system((tx) =>
    signingKeyStore.insert(tx, { ...row, publicJwk: { ...jwk } } as never, new Date()),
  );
}

const isOffer = ({ body }: SentDownlink): boolean => body.action === 'offer';
const isCancel = ({ body }: SentDownlink): boolean => body.action === 'cancel';
const isCommand = ({ topic }: SentDownlink): boolean => topic.endsWith('/down/command');
const count = (kind: (one: SentDownlink) => boolean): number => worker.transport.sent.filter(kind).length;

const command = (deviceId: string): Promise<string> =>
  tenant.as(async (tx) => {
    const order = { id: uuidv7(), deviceId, name: 'ping', args: {}, timeoutS: 30, executionId: null, createdBy: 'me' };
    const expiresAt = new Date(Date.now() + 600_000);
    const row = await commandStore.insert(tx, { ...order, expiresAt }, new Date());
    const payload = { commandId: row!.id, deviceId };
    await outbox.drop(tx, { tenantId: tenant.id, type: 'command.created', key: deviceId, payload });
    return row!.id;
  });
const comeBack = (deviceId: string): Promise<void> =>
  worker.transport.uplink({ tenant: tenant.id, deviceId }, 'heartbeat', {
    msgId: uuidv7(),
    deviceId,
    seqNo: ++seqNo,
    producedAt: new Date().toISOString(),
    schemaVersion: 1,
    reason: 'connected',
    status: 'ok',
    firmwareVersion: '1.0.0',
  });

/** What the api does when somebody engages it, up to its answer. */
const engage = (): Promise<void> =>
  tenant.as(async (tx) => {
    const now = new Date();
    const by = { by: 'anna', reason: 'smoke' };
    await brakeStore.hold(tx);
    await brakeStore.set(tx, { ...by, since: now });
    await outbox.dropAll(tx, await pauseEverything(tx, by, now));
  });
const release = (): Promise<void> =>
  tenant.as(async (tx) => {
    await brakeStore.hold(tx);
    await brakeStore.set(tx, { since: null, by: null, reason: null });
  });
const resume = (): Promise<void> =>
  tenant.as(async (tx) => {
    await campaignStore.lock(tx, campaign);
    await campaignStore.move(tx, campaign, { to: 'running', code: 'resume', detail: null }, new Date());
    const payload = { campaignId: campaign, state: 'running' };
    await outbox.drop(tx, { tenantId: tenant.id, type: 'campaign.changed', key: campaign, payload });
  });

describe('the kill switch in the worker', () => {
  it.each([1, 20, 79])('lets nothing out after its answer, engaged after %i offers', async (after) => {
    const [offers, commands] = [count(isOffer), count(isCommand)];
    await Promise.all(devices.slice(0, 30).map(command));
    await assertEventually(() => expect(count(isOffer) - offers).toBeGreaterThanOrEqual(after), {
      within: 20_000,
      every: 1,
    });
    await engage();
    const mark = worker.transport.sent.length;
    const heard = new Set(worker.transport.sent.filter(isOffer).map(({ topic }) => topic));

    // Whatever might let something out is asked to: devices come back, commands wait, ticks go on.
    const waiting = await Promise.all(devices.slice(30, 40).map(command));
    await Promise.all(devices.map(comeBack));
    await assertEventually(
      () => {
        const told = new Set(
          worker.transport.sent
            .slice(mark)
            .filter(isCancel)
            .map(({ topic }) => topic),
        );
        expect([...heard].filter((topic) => !told.has(topic))).toEqual([]);
      },
      { within: 20_000 },
    );
    const out = worker.transport.sent.slice(mark);
    expect(out.filter(isOffer)).toEqual([]);
    expect(out.filter(isCommand)).toEqual([]);
    expect(await tenant.as((tx) => tx.query(`select from executions where state <> 'queued'`))).toEqual([]);
    for (const { kept, counted } of await tenant.recount(campaign)) expect(kept).toEqual(counted);
    for (const id of waiting)
      expect(await tenant.as((tx) => commandStore.find(tx, id))).toMatchObject({ state: 'queued' });

    // Released, what waited goes out; the campaign goes on when somebody resumes it.
    await release();
    await assertEventually(() => expect(count(isCommand) - commands).toBeGreaterThanOrEqual(40), { within: 30_000 });
    expect(worker.transport.sent.slice(mark).filter(isOffer)).toEqual([]);
    await resume();
  });
});
