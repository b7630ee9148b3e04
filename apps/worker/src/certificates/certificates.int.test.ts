import { randomBytes } from 'node:crypto';
import { memberStore } from '@muster/persistence/access/member.store';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { authorityStore, trustChannel } from '@muster/persistence/trust/authority.store';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { systemClock } from '@muster/runtime/clock/clock';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestWorker, testWorker } from '../worker.harness.js';
import { CertificateSweep } from './certificate-sweep.js';
import { RegisteredCertificates } from './registered-certificates.js';

let test: TestDatabase;
let worker: TestWorker;
let authorityId: string;
const tenant = 'acme';
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

beforeAll(async () => {
  test = await testDatabase();
  authorityId = await test.database.system(async (tx) => {
    await memberStore.ensureTenant(tx, { id: tenant, name: tenant });
    const publicJwk = { kid: 'acme-command-1', use: 'command' };
    const key = { kid: publicJwk.kid, tenantId: tenant, purpose: 'command' as const, algorithm: 'EdDSA', publicJwk };
    await signingKeyStore.insert(tx, { ...key, keyRef: 'k' }, new Date());
    const authority = { tenantId: tenant, kind: 'device' as const, generation: 1, certificatePem: '', keyRef: 'k' };
    return (await authorityStore.insert(tx, authority, new Date())).id;
  });
  worker = await testWorker(test);
});
afterAll(async () => {
  await worker?.[Symbol.asyncDispose]();
  await test?.drop();
});

const day = 86_400_000;
const inTenant = <T>(work: Parameters<typeof test.database.tenant<T>>[1]) => test.database.tenant(tenant, work);
const newDevice = (): Promise<string> =>
  inTenant(async (tx) => {
    const row = { name: 'd', serial: hex(6), model: 'gw-1', hardwareRevision: null, class: 'gateway', site: null };
    return (await deviceStore.insert(tx, { ...row, labels: {}, state: 'active' }, new Date()))!.id;
  });
const issue = (deviceId: string, now = new Date()) =>
  inTenant((tx) =>
    certificateStore.insert(
      tx,
      {
        ...{
          id: uuidv7(),
          deviceId,
          tokenId: null,
          source: 'token' as const,
          sourceId: null,
          late: false,
          authorityId,
          pem: '',
          serial: hex(16),
        },
        ...{ fingerprint: hex(32), keyHash: hex(32) },
        ...{ notBefore: new Date(now.getTime() - 3_600_000), notAfter: new Date(now.getTime() + 90 * day) },
      },
      now,
    ),
  );
const stateOf = (id: string) => inTenant(async (tx) => (await certificateStore.lock(tx, id))!);
const authority = (clock = systemClock) => new RegisteredCertificates(test.database, clock);

describe('a session', () => {
  it('activates a certificate on first use and only then supersedes the one before', async () => {
    const deviceId = await newDevice();
    const [old, next] = [await issue(deviceId), await issue(deviceId)];
    expect(await authority().authorise(old.fingerprint)).toMatchObject({ tenant, deviceId });
    expect((await stateOf(old.id)).state).toBe('active');
    expect((await stateOf(next.id)).state).toBe('issued');
    await authority().authorise(next.fingerprint);
    expect((await stateOf(next.id)).state).toBe('active');
    expect((await stateOf(old.id)).state).toBe('superseded');
    // The old one still works while the device makes sure of the new one, and not for long.
    expect(await authority().authorise(old.fingerprint)).toMatchObject({ deviceId });
    const grant = await authority().authorise(old.fingerprint);
    expect('notAfter' in grant && grant.notAfter.getTime() - Date.now()).toBeLessThanOrEqual(15 * 60_000);
    const later = new FakeClock(new Date(Date.now() + 16 * 60_000));
    expect(await authority(later).authorise(old.fingerprint)).toEqual({ refused: 'certificate_revoked' });
    expect((await stateOf(old.id)).handshakeRefusedAt).not.toBeNull();
  });

  it('is refused to a certificate nobody issued', async () => {
    expect(await authority().authorise(hex(32))).toEqual({ refused: 'certificate_unknown' });
  });

  it('is cut within two seconds of a revocation, and the moment is kept', async () => {
    const deviceId = await newDevice();
    const { id, fingerprint } = await issue(deviceId);
    await authority().authorise(fingerprint);
    const started = performance.now();
    await inTenant(async (tx) => {
      await certificateStore.setState(
        tx,
        id,
        { state: 'revoked', reasonCode: 'keyCompromise', reasonDetail: null },
        new Date(),
      );
      const payload = { certificateId: id, deviceId, fingerprint };
      await outbox.drop(tx, { tenantId: tenant, type: 'certificate.revoked', key: deviceId, payload });
    });
    await assertEventually(() => expect(worker.transport.kicked).toContain(deviceId));
    expect(performance.now() - started).toBeLessThan(2_000);
    await assertEventually(async () => expect((await stateOf(id)).sessionCutAt).not.toBeNull());
    expect(await authority().authorise(fingerprint)).toEqual({ refused: 'certificate_revoked' });
  });

  it('is cut again where the broker learns of a revocation late, for the device comes back at once', async () => {
    const deviceId = await newDevice();
    const { id, fingerprint } = await issue(deviceId);
    worker.transport.revocationLagMs = 100;
    await inTenant((tx) => {
      const payload = { certificateId: id, deviceId, fingerprint };
      return outbox.drop(tx, { tenantId: tenant, type: 'certificate.revoked', key: deviceId, payload });
    });
    await assertEventually(() => expect(worker.transport.kicked.filter((one) => one === deviceId)).toHaveLength(3));
    worker.transport.revocationLagMs = 0;
  });

  it('of a decommissioned device is cut, and then its life is over', async () => {
    const deviceId = await newDevice();
    await inTenant(async (tx) => {
      const change = { state: 'decommissioning' as const, reasonCode: 'decommission', reasonDetail: 'old' };
      await deviceStore.setState(tx, deviceId, change, new Date());
      const payload = { deviceId, state: 'decommissioning' };
      await outbox.drop(tx, { tenantId: tenant, type: 'device.changed', key: deviceId, payload });
    });
    await assertEventually(async () =>
      expect(await inTenant((tx) => deviceStore.find(tx, deviceId))).toMatchObject({ state: 'decommissioned' }),
    );
    expect(worker.transport.kicked).toContain(deviceId);
  });
});

describe('trust', () => {
  it('is told to a device with the moment to renew, which an operator can move to now', async () => {
    const deviceId = await newDevice();
    const { id } = await issue(deviceId);
    const now = new Date();
    await inTenant(async (tx) => {
      await certificateStore.requestRenewal(tx, id, now);
      const letter = { tenantId: tenant, type: 'certificate.renewal_requested', key: deviceId };
      await outbox.drop(tx, { ...letter, payload: { certificateId: id, deviceId } });
    });
    await assertEventually(() => {
      const [order] = worker.transport.to({ tenant, deviceId }, 'trust');
      expect(order).toMatchObject({ keys: [{ kid: 'acme-command-1' }], renew: { start: now.toISOString() } });
    });
  });
});

describe('behind an external broker', () => {
  const report = (deviceId: string, seqNo: number, fingerprint: string) => ({
    ...{ msgId: `t${seqNo}`, deviceId, seqNo, producedAt: new Date().toISOString(), schemaVersion: 1 },
    ...{ bundle: 1, fingerprint },
  });

  it('the certificate a device says it uses is active, and the one before superseded', async () => {
    const deviceId = await newDevice();
    const [old, next] = [await issue(deviceId), await issue(deviceId)];
    await worker.transport.uplink({ tenant, deviceId }, 'trust', report(deviceId, 1, old.fingerprint));
    expect((await stateOf(old.id)).state).toBe('active');
    await worker.transport.uplink({ tenant, deviceId }, 'trust', report(deviceId, 2, next.fingerprint));
    expect([(await stateOf(old.id)).state, (await stateOf(next.id)).state]).toEqual(['superseded', 'active']);
  });

  it('a session with a revoked certificate is cut when its device says so', async () => {
    const deviceId = await newDevice();
    const { id, fingerprint } = await issue(deviceId);
    const change = { state: 'revoked', reasonCode: 'keyCompromise', reasonDetail: null } as const;
    await inTenant((tx) => certificateStore.setState(tx, id, change, new Date()));
    await worker.transport.uplink({ tenant, deviceId }, 'trust', report(deviceId, 1, fingerprint));
    expect(worker.transport.kicked).toContain(deviceId);
    expect((await stateOf(id)).handshakeRefusedAt).not.toBeNull();
  });

  it('nobody speaks for the certificate of another device', async () => {
    const [deviceId, victim] = [await newDevice(), await newDevice()];
    const { id, fingerprint } = await issue(victim);
    await worker.transport.uplink({ tenant, deviceId }, 'trust', report(deviceId, 1, fingerprint));
    expect((await stateOf(id)).state).toBe('issued');
    const dead = await test.database.system((tx) =>
      tx.query('select reason from dead_letters where device_id = $1', [deviceId]),
    );
    expect(dead).toEqual([{ reason: 'identity_mismatch' }]);
  });
});

describe('the sweep', () => {
  it('revokes what is superseded after its overlap, expires what ended, and has lists written anew', async () => {
    const deviceId = await newDevice();
    const longAgo = new Date(Date.now() - 100 * day);
    const [superseded, ended, good] = [await issue(deviceId), await issue(deviceId, longAgo), await issue(deviceId)];
    const change = { state: 'superseded', reasonCode: 'renewed', reasonDetail: null } as const;
    await inTenant((tx) => certificateStore.setState(tx, superseded.id, change, new Date(Date.now() - 16 * 60_000)));
    let announced = 0;
    const stop = await test.database.listen(trustChannel, () => announced++);
    await worker.app.get(CertificateSweep).settle();
    expect((await stateOf(superseded.id)).state).toBe('revoked');
    expect((await stateOf(ended.id)).state).toBe('expired');
    expect((await stateOf(good.id)).state).toBe('issued');
    await assertEventually(() => expect(announced).toBeGreaterThan(0));
    await stop();
  });
});
