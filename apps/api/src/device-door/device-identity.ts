import { createHash, type X509Certificate } from 'node:crypto';
import type { ProblemCode } from '@muster/contracts/problem';
import { authoriseConnect } from '@muster/domain/certificates/authorise-connect';
import { activateCertificate } from '@muster/persistence/certificates/activate-certificate';
import { certificateStore, type PresentedRow } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { policies as policyOids } from '@muster/pki/der/oids';
import { readCertificate } from '@muster/pki/path/read-certificate';
import { validateDevicePath } from '@muster/pki/path/validate-device-path';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import type { DeviceCaller } from './calling-device.js';

/** A device as its certificate and the registry have it. */
export interface KnownDevice extends DeviceCaller {
  readonly notAfter: Date;
  /** PEM of the certificate. */
  readonly certificate: string;
}

/** Which device a certificate is of: our own path validation, then the registry by fingerprint. */
@Injectable()
export class DeviceIdentity {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws Refusal certificate_unknown, certificate_expired, certificate_revoked, device_tombstoned */
  async ofCertificate(certificate: X509Certificate, allowExpired = false): Promise<KnownDevice> {
    const now = this.clock.now();
    const trusted = await this.door.hierarchy.trusted();
    const path = validateDevicePath(certificate.raw, trusted, now, { allowExpired });
    if (!path.ok) {
      refuseOtherClass(certificate.raw);
      const code: ProblemCode = path.code === 'certificate_expired' ? 'certificate_expired' : 'certificate_unknown';
      throw new Refusal(code, `Not accepted: ${path.why}.`);
    }
    const fingerprint = createHash('sha256').update(certificate.raw).digest('hex');
    const row = await this.#registered(fingerprint);
    if (row?.tenantId !== path.tenant || row.deviceId !== path.deviceId) throw new Refusal('certificate_unknown');
    if (!allowExpired) await this.#authorise(row, now);
    return known(row);
  }

  /**
   * By SHA-256 of the certificate, hex, for who proves possession of its key by a signature. What is registered was issued
   * by us, so its path is not walked again.
   * @throws Refusal as `ofCertificate`
   */
  async ofFingerprint(fingerprint: string): Promise<KnownDevice> {
    const row = await this.#registered(fingerprint);
    if (row === null) throw new Refusal('certificate_unknown');
    await this.#authorise(row, this.clock.now());
    return known(row);
  }

  #registered(fingerprint: string): Promise<PresentedRow | null> {
    return this.database.system((tx) => certificateStore.findByFingerprint(tx, fingerprint));
  }

  /** The first use of a certificate makes it active, as a login over MQTT does. */
  async #authorise(row: PresentedRow, now: Date): Promise<void> {
    const verdict = authoriseConnect({ ...row, certificateState: row.state }, now);
    if (verdict.ok && verdict.value.activates)
      await this.database.system((tx) => activateCertificate(tx, row.fingerprint, now));
    if (verdict.ok) return;
    await this.database.system((tx) => certificateStore.markHandshakeRefused(tx, row.id, now));
    throw new Refusal(verdict.code, verdict.detail);
  }
}

/**
 * A claim certificate, a server's or a responder's says itself that it is no device's; told apart so that whoever mixed them up
 * reads why. Nothing is believed: each of them is refused either way.
 */
const refuseOtherClass = (der: Buffer): void => {
  let policies: readonly string[];
  try {
    ({ policies } = readCertificate(der));
  } catch {
    return;
  }
  if (policies.includes(policyOids.bootstrap)) throw new Refusal('claim_refused', 'A claim certificate only enrols.');
  if (policies.includes(policyOids.server) || policies.includes(policyOids.service))
    throw new Refusal('identity_mismatch', 'This is not the certificate of a device.');
};

const known = ({ tenantId, deviceId, id, fingerprint, notAfter, pem }: PresentedRow): KnownDevice => ({
  tenantId,
  deviceId,
  certificateId: id,
  fingerprint,
  notAfter,
  certificate: pem,
});
