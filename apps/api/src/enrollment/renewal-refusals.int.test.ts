import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { issueDeviceLeaf, issueOcspLeaf } from '@muster/pki/authority/issue-leaf';
import { distinguishedName } from '@muster/pki/authority/names';
import { signCertificate } from '@muster/pki/authority/sign-certificate';
import { generateDeviceKey, keyToPem } from '@muster/pki/client/device-key';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newRequest } from '../device-door/door.harness.js';
import type { EstHarness } from './est/est.harness.js';
import { certIdOf, day, openRenewals } from './renewal.harness.js';

let test: TestDatabase;
let renewals: Awaited<ReturnType<typeof openRenewals>>;
let est: EstHarness;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  renewals = await openRenewals(test.database, clock);
  ({ est } = renewals);
});
afterAll(async () => {
  await est?.close();
  await test?.drop();
});
// Limits by caller are another test's business.
beforeEach(() => clock.advance(60_000));

describe('a certificate that is out', () => {
  it('is refused at every door and label, at once, when it was revoked', async () => {
    const device = await renewals.due();
    expect((await renewals.revoke(device)).statusCode).toBe(200);
    expect(await renewals.everywhere(device)).toEqual(new Set(['403 certificate_revoked']));
    expect((await est.call('renewal-info', { as: device.as })).status).toBe(403);
  });

  it('is refused while it is on hold, also past its end', async () => {
    for (const device of [await renewals.due(), await renewals.ended(3)]) {
      await est.rows(`update certificates set state = 'on_hold' where id = $1`, [device.certificateId]);
      expect(await renewals.everywhere(device)).toEqual(new Set(['403 certificate_revoked']));
    }
  });

  it('is refused when its device is quarantined or gone', async () => {
    for (const state of ['quarantined', 'decommissioned']) {
      const device = await renewals.due();
      await est.rows('update devices set state = $2 where id = $1', [device.deviceId, state]);
      expect(await renewals.everywhere(device)).toEqual(new Set(['403 device_tombstoned']));
    }
  });

  it('is unknown under the label of another tenant, and when the registry never had it', async () => {
    const device = await renewals.due();
    await est.rows(`insert into tenants (id, name) values ('other', 'Other') on conflict do nothing`);
    const foreign = await renewals.doors.est(device.as, newRequest(device.deviceId).csr, 'other');
    expect([foreign.status, foreign.code]).toEqual([401, 'certificate_unknown']);
    await est.rows('update certificates set fingerprint = $2 where id = $1', [device.certificateId, 'f'.repeat(64)]);
    expect(await renewals.everywhere(device)).toEqual(new Set(['401 certificate_unknown']));
  });

  it('that is not there at all never renews', async () => {
    const { csr } = newRequest();
    const none = await est.call('simplereenroll', { body: csr });
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Basic/)]);
  });
});

describe('certificates that are none of ours', () => {
  const hierarchy = () => est.door.identity.door.hierarchy;
  const forged = async (
    by: 'another authority of the same name' | 'a leaf of ours',
    notBefore: Date,
    notAfter: Date,
  ) => {
    const device = await est.enrolled();
    const real = await hierarchy().issuing('device', 'acme');
    const key = generateDeviceKey();
    const signer =
      by === 'a leaf of ours'
        ? keySigner(createPrivateKey(device.as.key))
        : keySigner(await generatePrivateKey('ES256'));
    const { pem } = await signCertificate(
      {
        subject: distinguishedName({ commonName: device.deviceId }),
        publicKey: createPublicKey(key),
        notBefore,
        notAfter,
        extensions: [],
      },
      { name: real.name, signer },
    );
    return { device, as: { key: keyToPem(key), cert: pem } };
  };
  const span = (from: number, to: number) =>
    [new Date(clock.now().getTime() + from * day), new Date(clock.now().getTime() + to * day)] as const;

  it.each(['another authority of the same name', 'a leaf of ours'] as const)(
    'are refused in their time and past their end by %s',
    async (by) => {
      for (const [from, to] of [span(-1, 80), span(-100, -10)]) {
        const { device, as } = await forged(by, from, to);
        expect(await renewals.everywhere(device, as)).toEqual(new Set(['401 certificate_unknown']));
      }
    },
  );

  it('are refused when our authority made them for its answers about revocation', async () => {
    const device = await est.enrolled();
    const key = generateDeviceKey();
    const responder = await issueOcspLeaf(
      await hierarchy().issuing('device', 'acme'),
      { name: device.deviceId, publicKey: createPublicKey(key) },
      { now: clock.now() },
    );
    const as = { key: keyToPem(key), cert: responder.pem };
    expect(await renewals.everywhere(device, as)).toEqual(new Set(['401 certificate_unknown']));
  });

  it('are refused before their beginning, though our authority signed them', async () => {
    const device = await est.enrolled();
    const authority = await hierarchy().issuing('device', 'acme');
    const key = generateDeviceKey();
    const { pem } = await issueDeviceLeaf(
      authority,
      {
        domain: hierarchy().options.domain,
        tenant: 'acme',
        deviceId: device.deviceId,
        publicKey: createPublicKey(key),
        crlUri: 'http://x/',
      },
      { now: new Date(clock.now().getTime() + day) },
    );
    expect(await renewals.everywhere(device, { key: keyToPem(key), cert: pem })).toEqual(
      new Set(['401 certificate_unknown']),
    );
  });
});

describe('when to renew', () => {
  it('is told by both doors and by the identifier of the certificate, and moves when a replacement is asked for', async () => {
    const device = await est.enrolled();
    const id = certIdOf(device.as.cert);
    const all = async () => [
      await est.door.send('GET', '/device/v1/renewal-info', { as: device.as }),
      await est.call('renewal-info', { as: device.as, label: 'acme' }),
      await est.call(`renewal-info/${id}`),
      await est.call(`renewal-info/${id}`, { label: 'acme' }),
    ];
    const before = await all();
    expect(new Set(before.map(({ text }) => text)).size).toBe(1);
    const { suggestedWindow } = before[0]!.json();
    const { validFromDate, validToDate } = new X509Certificate(device.as.cert);
    const life = validToDate.getTime() - validFromDate.getTime();
    const share = (Date.parse(suggestedWindow.start) - validFromDate.getTime()) / life;
    expect([share >= 0.5, share <= 2 / 3]).toEqual([true, true]);
    expect(before.map(({ headers }) => headers['retry-after'])).toEqual(Array(4).fill('21600'));
    await est.openWindow(device.deviceId);
    for (const answer of await all()) {
      const info = answer.json();
      expect(info.suggestedWindow.end > info.suggestedWindow.start).toBe(true);
      expect([info.suggestedWindow.start, info.explanation]).toEqual([clock.now().toISOString(), expect.any(String)]);
    }
  });

  it('is told of no certificate that is not ours, revoked, or of another tenant', async () => {
    const device = await est.enrolled();
    const id = certIdOf(device.as.cert);
    for (const wrong of ['x', 'a.b', `${id}x`, id.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')), '%00.%00'])
      expect((await est.call(`renewal-info/${wrong}`)).status, wrong).toBe(404);
    expect((await est.call(`renewal-info/${id}`, { label: 'nobody' })).status).toBe(404);
    await renewals.revoke(device);
    expect((await est.call(`renewal-info/${id}`)).status).toBe(404);
    expect((await est.call('renewal-info')).status).toBe(401);
  });
});
