import type { CertificateState } from '@muster/contracts/certificates/certificates.schema';
import type { Tx } from '../transaction.js';

/** A certificate of the same device that was issued later. */
export interface LaterCertificate {
  readonly id: string;
  readonly serial: string;
  readonly state: CertificateState;
  readonly keyHash: string;
  readonly notAfter: Date;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
}

/** What is known of a certificate by its serial number, for who asks when to renew it. */
export interface RenewableCertificate {
  readonly tenantId: string;
  readonly serial: string;
  readonly state: CertificateState;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly renewRequestedAt: Date | null;
  readonly authorityPem: string;
}

/** Reads around renewals; rows are written by the stores of their tables. */
export const renewalStore = {
  /** Newest first; ids sort by time. */
  listLater(tx: Tx, deviceId: string, certificateId: string): Promise<LaterCertificate[]> {
    return tx.query<LaterCertificate>(
      `select id, serial, state, key_hash as "keyHash", not_after as "notAfter", created_at as "createdAt",
         activated_at as "activatedAt"
       from certificates where device_id = $1 and id > $2 order by id desc`,
      [deviceId, certificateId],
    );
  },

  /** `serial` in hex, as certificates carry it. Needs a system transaction: whoever holds a certificate may ask about it. */
  async findBySerial(tx: Tx, serial: string): Promise<RenewableCertificate | null> {
    const [row] = await tx.query<RenewableCertificate>(
      `select c.tenant_id as "tenantId", c.serial, c.state, c.not_before as "notBefore", c.not_after as "notAfter",
         c.renew_requested_at as "renewRequestedAt", a.certificate_pem as "authorityPem"
       from certificates c join authorities a on a.id = c.authority_id where c.serial = $1`,
      [serial],
    );
    return row ?? null;
  },
};
