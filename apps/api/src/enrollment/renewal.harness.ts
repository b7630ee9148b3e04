/** For tests: renewals at every door, of certificates in every state. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { activateCertificate } from '@muster/persistence/certificates/activate-certificate';
import type { Database } from '@muster/persistence/database';
import { writeRequest } from '@muster/pki/client/write-request';
import { readCertificate } from '@muster/pki/path/read-certificate';
import type { Clock } from '@muster/runtime/clock/clock';
import { type ClientIdentity, newRequest } from '../device-door/door.harness.js';
import { certificatesIn, type EstHarness, openEst } from './est/est.harness.js';

export const day = 86_400_000;

type Device = Awaited<ReturnType<EstHarness['enrolled']>>;

export const openRenewals = async (database: Database, clock: Clock) => {
  const est = await openEst(database, clock);

  /** Both doors must answer the same; `label` is how EST may name the tenant. */
  const doors = {
    async json(as: ClientIdentity, csr: string) {
      const answer = await est.door.send('POST', '/device/v1/renew', { as, body: { csr } });
      const body = answer.json();
      return { status: answer.status, code: body.code as string | undefined, certificate: body.certificate, answer };
    },
    async est(as: ClientIdentity, csr: string, label?: string) {
      const headers = { accept: 'application/problem+json' };
      const answer = await est.call('simplereenroll', {
        as,
        body: csr,
        headers,
        ...(label === undefined ? {} : { label }),
      });
      const code = answer.status >= 400 ? (answer.json().code as string) : undefined;
      return {
        status: answer.status,
        code,
        certificate: answer.status === 200 ? certificatesIn(answer)[0] : undefined,
        answer,
      };
    },
  };
  const everywhere = async (device: Device, as = device.as) => {
    const { csr } = newRequest(device.deviceId);
    const all = [await doors.json(as, csr), await doors.est(as, csr), await doors.est(as, csr, 'acme')];
    return new Set(all.map(({ status, code }) => `${status}${code === undefined ? '' : ` ${code}`}`));
  };
  const statesOf = async (device: Device) =>
    (
      await est.rows<{ state: string }>('select state from certificates where device_id = $1 order by id', [
        device.deviceId,
      ])
    ).map(({ state }) => state);
  const use = (pem: string) => {
    const fingerprint = new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
    return database.system((tx) => activateCertificate(tx, fingerprint, clock.now()));
  };
  const revoke = (device: Device) =>
    est.door.people.as('owner').post(`/certificates/${device.certificateId}/revoke`, { reason: 'keyCompromise' });

  /** A device whose certificate was used and whose window is open. */
  const due = async () => {
    const device = await est.enrolled();
    await use(device.as.cert);
    await est.openWindow(device.deviceId);
    return device;
  };
  /** A device whose certificate ended so long ago. */
  const ended = async (days: number) => {
    const device = await est.enrolled();
    await use(device.as.cert);
    await est.rows(`update certificates set not_after = $2, not_before = $3 where id = $1`, [
      device.certificateId,
      new Date(clock.now().getTime() - days * day),
      new Date(clock.now().getTime() - (days + 90) * day),
    ]);
    return device;
  };

  return { est, doors, everywhere, statesOf, use, revoke, due, ended };
};

/** A request for a key that exists. */
export const requestBy = (pem: string, deviceId: string) => writeRequest(createPrivateKey(pem), deviceId);

/** As RFC 9773 4.1: key identifier of the issuer and serial number, as they stand in the certificate. */
export const certIdOf = (pem: string): string => {
  const { authorityKeyId, serial } = readCertificate(new X509Certificate(pem).raw);
  const part = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');
  return `${part(authorityKeyId!)}.${part(serial)}`;
};
