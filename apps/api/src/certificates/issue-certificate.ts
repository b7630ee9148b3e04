import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import type { Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { issueDeviceLeaf } from '@muster/pki/authority/issue-leaf';
import type { AcceptedRequest } from '@muster/pki/csr/accept-request';
import { v7 as uuidv7 } from 'uuid';
import type { IssuingAuthority } from '../trust/hierarchy.js';

export interface CertificateOrder {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly tokenId: string | null;
  readonly request: AcceptedRequest;
  readonly domain: string;
  readonly crlUri: string;
  /** Milliseconds; the profile's 90 days when absent. */
  readonly life?: number;
}

/** Issues and records a device's certificate inside the caller's transaction; it is handed out after the commit. */
export const issueCertificate = async (
  tx: Tx,
  authority: IssuingAuthority,
  order: CertificateOrder,
  now: Date,
): Promise<CertificateRow> => {
  const { tenantId, deviceId, tokenId, request, domain, crlUri, life } = order;
  const leaf = await issueDeviceLeaf(
    authority,
    { domain, tenant: tenantId, deviceId, publicKey: request.publicKey, crlUri },
    { now, ...(life === undefined ? {} : { life }) },
  );
  const { serial, fingerprint, pem, notBefore, notAfter } = leaf;
  const row = { id: uuidv7(), deviceId, tokenId, keyHash: request.keyHash, authorityId: authority.id };
  const issued = await certificateStore.insert(tx, { ...row, serial, fingerprint, pem, notBefore, notAfter }, now);
  const payload = { certificateId: issued.id, deviceId };
  await outbox.drop(tx, { tenantId, type: 'certificate.issued', key: deviceId, payload });
  return issued;
};
