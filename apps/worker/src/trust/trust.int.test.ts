import { randomBytes } from 'node:crypto';
import { memberStore } from '@muster/persistence/access/member.store';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { acknowledgementStore } from '@muster/persistence/trust/acknowledgement.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { bundleStore } from '@muster/persistence/trust/bundle.store';
import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';

let test: TestDatabase;
let worker: TestWorker;
let old: string;
let next: string;
const tenant = 'acme';
const hex = (bytes: number) => randomBytes(bytes).toString('hex');
const system: TestDatabase['database']['system'] = (work) => test.database.system(work);

beforeAll(async () => {
  test = await testDatabase();
  await system(async (tx) => {
    await memberStore.ensureTenant(tx, { id: tenant, name: tenant });
    const publicJwk = { kid: 'acme-trust-1', use: 'trust' };
    const key = { kid: publicJwk.kid, tenantId: tenant, purpose: 'trust' as const, algorithm: 'EdDSA', publicJwk };
    await signingKeyStore.insert(tx, { ...key, keyRef: 'k' }, new Date());
    const authority = { tenantId: tenant, kind: 'device' as const, certificatePem: '', keyRef: 'k' };
    old = (await authorityStore.insert(tx, { ...authority, generation: 1 }, new Date(), 'retiring')).id;
    next = (await authorityStore.insert(tx, { ...authority, generation: 2 }, new Date(), 'issuing')).id;
  });
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await test?.drop();
});

const newBundle = (number: number) =>
  system(async (tx) => {
    const row = {
      tenantId: tenant,
      number,
      jws: `bundle-${number}`,
      reason: 'test',
      roots: ['r'],
      kids: ['acme-trust-1'],
    };
    await bundleStore.insert(tx, row, new Date());
    await outbox.drop(tx, { tenantId: tenant, type: 'trust.bundle_made', key: tenant, payload: { number } });
  });
/** A device that is connected and has a certificate of the old generation. */
const newDevice = () =>
  system(async (tx) => {
    const deviceId = await test.database.tenant(tenant, async (own) => {
      const row = { name: 'd', serial: hex(6), model: 'gw-1', hardwareRevision: null, class: 'gateway', site: null };
      return (await deviceStore.insert(own, { ...row, labels: {}, state: 'active' }, new Date()))!.id;
    });
    await tx.execute(
      `insert into device_state (device_key, tenant_id, device_id, last_seen_at, connected, presence)
       select device_key, tenant_id, id, now(), true, 'online' from devices where id = $1
       on conflict (device_key) do update set last_seen_at = now(), connected = true, presence = 'online'`,
      [deviceId],
    );
    await test.database.tenant(tenant, (own) =>
      certificateStore.insert(
        own,
        {
          ...{ id: uuidv7(), deviceId, tokenId: null, source: 'token' as const, sourceId: null, late: false },
          ...{ serial: hex(16), fingerprint: hex(32), keyHash: hex(32), authorityId: old, pem: 'pem' },
          ...{ notBefore: new Date(), notAfter: new Date(Date.now() + 90 * 86_400_000) },
        },
        new Date(),
      ),
    );
    return deviceId;
  });
const report = (deviceId: string, seqNo: number, bundle: number, signed?: boolean) =>
  worker.transport.uplink({ tenant, deviceId }, 'trust', {
    ...{ msgId: `t${seqNo}`, deviceId, seqNo, producedAt: new Date().toISOString(), schemaVersion: 1, bundle },
    signed: signed ?? true,
  });
const acknowledgedBy = async (deviceId: string) => {
  const [row] = await system((tx) =>
    tx.query<{ bundle: number }>('select bundle from trust_acknowledgements where device_id = $1', [deviceId]),
  );
  return row?.bundle ?? 0;
};
const told = (deviceId: string) => worker.transport.to({ tenant, deviceId }, 'trust').map(({ jws }) => jws);

describe('a trust bundle', () => {
  it('goes to every connected device that has not acknowledged it, and to no other', async () => {
    const [behind, ahead] = [await newDevice(), await newDevice()];
    await system((tx) =>
      tx.execute('insert into trust_acknowledgements (tenant_id, device_id, bundle) values ($1, $2, 2000)', [
        tenant,
        ahead,
      ]),
    );
    await newBundle(1001);
    await assertEventually(() => expect(told(behind)).toContain('bundle-1001'));
    expect(told(ahead)).toEqual([]);
  });

  it('is acknowledged by number, which only rises and never runs ahead of what was made', async () => {
    const deviceId = await newDevice();
    await newBundle(1002);
    // An agent of before signed bundles repeats the number it was told, and knows nothing of the roots behind it.
    await report(deviceId, 7, 1002, false);
    expect(await acknowledgedBy(deviceId)).toBe(0);
    await report(deviceId, 1, 1001);
    expect(await acknowledgedBy(deviceId)).toBe(1001);
    await report(deviceId, 2, 1002);
    await report(deviceId, 3, 1001);
    await report(deviceId, 4, 1003);
    await report(deviceId, 5, 2 ** 31);
    await report(deviceId, 6, Number.MAX_SAFE_INTEGER);
    expect(await acknowledgedBy(deviceId)).toBe(1002);
    const { seen, acknowledged } = await system((tx) => acknowledgementStore.reception(tx, tenant, 1002, new Date()));
    expect([seen, acknowledged]).toEqual([3, 2]);
  });
});

describe('a share of devices', () => {
  it('is asked to renew once, in letters that reach them', async () => {
    const devices = await Promise.all(Array.from({ length: 12 }, () => newDevice()));
    const rolloverId = await system(async (tx) => {
      const wanted = { tenantId: tenant, kind: 'device' as const, fromId: old, toId: next, createdBy: 'test' };
      const { id } = await rolloverStore.insert(tx, wanted, new Date());
      await rolloverStore.move(tx, id, { state: 'open', share: 100, bundle: 0 }, new Date());
      for (const _ of [1, 2])
        await outbox.drop(tx, {
          tenantId: tenant,
          type: 'trust.rollover_changed',
          key: id,
          payload: { rolloverId: id },
        });
      return id;
    });
    await assertEventually(() => {
      for (const deviceId of devices) expect(told(deviceId).length).toBeGreaterThan(0);
    });
    const letters = await system((tx) =>
      tx.query<{ n: number }>(
        `select count(*)::int as n from outbox where type = 'certificate.renewal_requested' and key = any($1) group by key`,
        [devices],
      ),
    );
    expect(letters).toEqual(devices.map(() => ({ n: 1 })));
    expect(await system((tx) => rolloverStore.askRenewals(tx, rolloverId, new Date(), 100))).toEqual([]);
  });
});
