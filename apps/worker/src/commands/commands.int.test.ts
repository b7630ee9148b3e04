import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandReport } from '@muster/contracts/mqtt/uplink';
import { commandStore } from '@muster/persistence/commands/command.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { deadLetterStore } from '@muster/persistence/telemetry/dead-letter.store';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { FileKeyStore } from '@muster/pki/keys/file-key-store';
import { loadKek } from '@muster/pki/keys/kek';
import { verifyCommand } from '@muster/pki/signing/command';
import { type SigningJwk, toSigningJwk } from '@muster/pki/signing/compact';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';

let db: TestDatabase;
let worker: TestWorker;
let folder: string;
let key: SigningJwk;
const tenant = 'north';
let counter = 0;

beforeAll(async () => {
  db = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'muster-commands-'));
  await db.database.system((tx) => tx.query(`insert into tenants (id, name) values ('north', 'North')`));
  const vault = new FileKeyStore(join(folder, 'keys'), await loadKek(join(folder, 'keys', 'kek')));
  const signer = await vault.create('sign-north-command-1', { tenant, purpose: 'command', generation: 1 }, 'EdDSA');
  key = toSigningJwk(signer, 'north-command-1', 'command');
  const row = {
    kid: key.kid,
    tenantId: tenant,
    purpose: 'command',
    algorithm: 'EdDSA',
    keyRef: 'sign-north-command-1',
  };
  await db.database.system((tx) => signingKeyStore.insert(tx, { ...row, publicJwk: { ...key } } as never, new Date()));
  worker = await testWorker(db, [], folder);
});
afterAll(async () => {
  await worker[Symbol.asyncDispose]();
  await db.drop();
  await rm(folder, { recursive: true, force: true });
});

const newDevice = async () => {
  const serial = `S${++counter}`;
  const fingerprint = randomBytes(32).toString('hex');
  const deviceId = await db.database.tenant(tenant, async (tx) => {
    const device = { name: serial, serial, model: 'edge-1', hardwareRevision: null, class: 'gateway' } as const;
    const row = await deviceStore.insert(tx, { ...device, site: null, labels: {}, state: 'active' }, new Date());
    await tx.query(
      `insert into certificates (tenant_id, id, device_id, serial, fingerprint, key_hash, state, activated_at)
       values ($1, $2, $3, $4, $5, $5, 'active', now())`,
      [tenant, uuidv7(), row!.id, serial, fingerprint],
    );
    return row!.id;
  });
  return { tenant, deviceId, fingerprint };
};
type TestDevice = Awaited<ReturnType<typeof newDevice>>;

const header = (deviceId: string) => ({
  msgId: `m${++counter}`,
  deviceId,
  seqNo: counter,
  producedAt: new Date().toISOString(),
  schemaVersion: 1,
});
const beat = (device: TestDevice, reason: 'connected' | 'offline') =>
  worker.transport.uplink(device, 'heartbeat', { ...header(device.deviceId), reason, status: 'ok' });
type Said = Pick<CommandReport, 'commandId' | 'commandSeq' | 'state'> & Partial<CommandReport>;
const say = (device: TestDevice, body: Said) =>
  worker.transport.uplink(device, 'command', { ...header(device.deviceId), ...body });

const send = (device: TestDevice, over: { expiresInMs?: number; timeoutS?: number } = {}) =>
  db.database.tenant(tenant, async (tx) => {
    const { deviceId } = device;
    const expiresAt = new Date(Date.now() + (over.expiresInMs ?? 60_000));
    const command = { id: uuidv7(), deviceId, name: 'ping', args: {}, timeoutS: over.timeoutS ?? 30 };
    const row = await commandStore.insert(
      tx,
      { ...command, expiresAt, executionId: null, createdBy: 'me' },
      new Date(),
    );
    const payload = { commandId: row!.id, deviceId };
    await outbox.drop(tx, { tenantId: tenant, type: 'command.created', key: deviceId, payload });
    return row!;
  });
const find = async (id: string) => (await db.database.tenant(tenant, (tx) => commandStore.find(tx, id)))!;
const orders = (device: TestDevice) =>
  worker.transport.to(device, 'command') as unknown as { commandId: string; jws: string }[];

describe('a command', () => {
  it('is signed for the device and its certificate, acknowledged, and ends with a result', async () => {
    const device = await newDevice();
    await beat(device, 'connected');
    const { id, seq } = await send(device);
    await assertEventually(() => expect(orders(device)).toHaveLength(1));
    const verified = await verifyCommand(orders(device)[0]!.jws, [key], {
      deviceId: device.deviceId,
      issuer: 'muster/north',
      certificates: [device.fingerprint],
      now: new Date(),
    });
    expect(verified).toMatchObject({ ok: true, claims: { jti: id, seq, act: 'ping', cth: device.fingerprint } });
    await say(device, { commandId: id, commandSeq: seq, state: 'acknowledged' });
    await say(device, { commandId: id, commandSeq: seq, state: 'succeeded', result: { pong: true } });
    expect(await find(id)).toMatchObject({ state: 'succeeded', result: { pong: true }, reasonCode: null });
    const done = await find(id);
    expect(done.acknowledgedAt).not.toBeNull();
    expect(done.finishedAt).not.toBeNull();
  });

  it('waits for a device that is away and travels when it returns, in the order of the numbers', async () => {
    const device = await newDevice();
    const sent = [await send(device), await send(device), await send(device)];
    await beat(device, 'connected');
    await assertEventually(() =>
      expect(orders(device).map(({ commandId }) => commandId)).toEqual(sent.map(({ id }) => id)),
    );
    expect((await find(sent[0]!.id)).state).toBe('sent');
  });

  it('expires where the device does not come back in time, and then never travels', async () => {
    const device = await newDevice();
    const { id } = await send(device, { expiresInMs: 300 });
    await assertEventually(async () =>
      expect(await find(id)).toMatchObject({ state: 'expired', reasonCode: 'not_delivered' }),
    );
    await beat(device, 'connected');
    const marker = await send(device);
    await assertEventually(() => expect(orders(device).map(({ commandId }) => commandId)).toEqual([marker.id]));
  });

  it('is sent again when the connection it travelled on broke', async () => {
    const device = await newDevice();
    await beat(device, 'connected');
    const { id } = await send(device);
    await assertEventually(() => expect(orders(device)).toHaveLength(1));
    await beat(device, 'offline');
    await beat(device, 'connected');
    await assertEventually(() => expect(orders(device).map(({ commandId }) => commandId)).toEqual([id, id]));
  });

  it('times out without a result, and the late word of the device still wins', async () => {
    const device = await newDevice();
    await beat(device, 'connected');
    const { id, seq } = await send(device, { timeoutS: 1 });
    await assertEventually(() => expect(orders(device)).toHaveLength(1));
    await say(device, { commandId: id, commandSeq: seq, state: 'acknowledged' });
    await assertEventually(async () =>
      expect(await find(id)).toMatchObject({ state: 'timed_out', reasonCode: 'no_result' }),
    );
    await say(device, { commandId: id, commandSeq: seq, state: 'succeeded' });
    expect((await find(id)).state).toBe('succeeded');
  });

  it('is not changed by echoes, and a contradiction is dead-lettered', async () => {
    const device = await newDevice();
    await beat(device, 'connected');
    const { id, seq } = await send(device);
    await assertEventually(() => expect(orders(device)).toHaveLength(1));
    await say(device, { commandId: id, commandSeq: seq, state: 'failed', reasonCode: 'busy' });
    const version = (await find(id)).version;
    await say(device, { commandId: id, commandSeq: seq, state: 'failed', reasonCode: 'busy' });
    await say(device, { commandId: id, commandSeq: seq, state: 'acknowledged' });
    await say(device, { commandId: id, commandSeq: seq, state: 'succeeded' });
    expect(await find(id)).toMatchObject({ state: 'failed', version });
    const letters = await db.database.system((tx) => deadLetterStore.list(tx, { limit: 10 }));
    expect(letters.filter(({ deviceId }) => deviceId === device.deviceId)).toMatchObject([
      { reason: 'transition_refused' },
    ]);
  });

  it('that a device does not believe is rejected by its reason and counted once, an unknown reason as other', async () => {
    const device = await newDevice();
    await beat(device, 'connected');
    for (const reasonCode of ['audience_mismatch', 'full_moon']) {
      const { id } = await send(device);
      await assertEventually(async () => expect((await find(id)).state).toBe('sent'));
      const body = { commandId: id, commandSeq: 0, state: 'rejected', reasonCode } as const;
      for (let times = 0; times < 2; times++) await say(device, body);
      expect(await find(id)).toMatchObject({ state: 'rejected', reasonCode });
    }
    const text = await worker.metrics.metrics();
    for (const code of ['audience_mismatch', 'other'])
      expect(text).toMatch(
        new RegExp(`muster_device_reasons_total\\{order="command",state="rejected",code="${code}".*\\} 1`),
      );
    expect(text).not.toContain('full_moon');
  });

  it('is given up by a signed order with a number of its own, once a person asks', async () => {
    const device = await newDevice();
    await beat(device, 'connected');
    const { id, seq } = await send(device);
    await assertEventually(() => expect(orders(device)).toHaveLength(1));
    await db.database.tenant(tenant, async (tx) => {
      await commandStore.step(tx, id, { state: 'cancelling' }, new Date());
      const payload = { commandId: id, deviceId: device.deviceId };
      await outbox.drop(tx, { tenantId: tenant, type: 'command.cancel_requested', key: device.deviceId, payload });
    });
    await assertEventually(() => expect(orders(device)).toHaveLength(2));
    const claims = JSON.parse(Buffer.from(orders(device)[1]!.jws.split('.')[1]!, 'base64url').toString());
    expect(claims).toMatchObject({ act: 'cancel', args: { commandId: id }, seq: seq + 1 });
    await say(device, { commandId: id, commandSeq: seq, state: 'cancelled', reasonCode: 'cancelled' });
    expect(await find(id)).toMatchObject({ state: 'cancelled' });
  });

  it('that nobody sent cannot be answered', async () => {
    const device = await newDevice();
    await beat(device, 'connected');
    await say(device, { commandId: uuidv7(), commandSeq: 1, state: 'succeeded' });
    const letters = await db.database.system((tx) => deadLetterStore.list(tx, { limit: 50 }));
    expect(letters.filter(({ deviceId }) => deviceId === device.deviceId)).toMatchObject([
      { reason: 'command_unknown' },
    ]);
  });

  it('of another device cannot be answered', async () => {
    const [owner, stranger] = [await newDevice(), await newDevice()];
    await beat(owner, 'connected');
    const { id, seq } = await send(owner);
    await assertEventually(() => expect(orders(owner)).toHaveLength(1));
    await say(stranger, { commandId: id, commandSeq: seq, state: 'succeeded' });
    expect((await find(id)).state).toBe('sent');
  });
});
