import type { CertificateState } from '@muster/contracts/certificates/certificates.schema';
import type { Tx } from '../transaction.js';

/** How a serial number of an authority stands. */
export interface StandingRow {
  readonly serial: string;
  readonly state: CertificateState;
  readonly reasonCode: string | null;
  readonly since: Date;
}

/** What OCSP answers from, and who answers. Everything runs in a system transaction. */
export const ocspStore = {
  /** Of those asked about, the ones this authority issued: certificates of devices and of claim batches. */
  standing(tx: Tx, authorityId: string, serials: readonly string[]): Promise<StandingRow[]> {
    return tx.query<StandingRow>(
      `select serial, state, reason_code as "reasonCode", since from certificates
       where authority_id = $1 and serial = any($2::text[])
       union all
       select serial, case when revoked_at is null then 'active' else 'revoked' end,
         case when revoked_at is null then null else 'cessationOfOperation' end, coalesce(revoked_at, created_at)
       from claim_batches where authority_id = $1 and serial = any($2::text[])`,
      [authorityId, serials],
    );
  },

  /** Keeps what was issued with the power to answer for an authority. Its key is in the memory of one process and nowhere else. */
  async addResponder(
    tx: Tx,
    responder: { authorityId: string; serial: string; certificatePem: string; notBefore: Date; notAfter: Date },
    now: Date,
  ): Promise<void> {
    const { authorityId, serial, certificatePem, notBefore, notAfter } = responder;
    await tx.execute(
      `insert into ocsp_responders (authority_id, serial, certificate_pem, not_before, not_after, created_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [authorityId, serial, certificatePem, notBefore, notAfter, now],
    );
  },
};
