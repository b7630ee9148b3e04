import type { CertificateSource } from '@muster/contracts/certificates/certificates.schema';
import { crlShard } from '@muster/domain/certificates/crl-shard';
import {
  type CertificateRow,
  certificateStore,
  type NewCertificateRow,
} from '@muster/persistence/certificates/certificate.store';
import type { Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { issueDeviceLeaf } from '@muster/pki/authority/issue-leaf';
import { randomSerial } from '@muster/pki/authority/sign-certificate';
import type { AcceptedRequest } from '@muster/pki/csr/accept-request';
import { v7 as uuidv7 } from 'uuid';
import type { IssuingAuthority } from '../trust/hierarchy.js';
import type { IdentityDoor } from '../trust/identity-door.js';

export interface CertificateOrder {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly request: AcceptedRequest;
  readonly source: CertificateSource;
  /** The batch, manufacturer, registered key or approval; the certificate before it for a renewal. */
  readonly sourceId: string | null;
  readonly tokenId?: string | null;
  /** A renewal after the end of the certificate before. */
  readonly late?: boolean;
  /** Milliseconds; the profile's 90 days when absent. */
  readonly life?: number;
}

/** Issues and records a device's certificate inside the caller's transaction; it is handed out after the commit. */
export const issueCertificate = async (
  tx: Tx,
  door: IdentityDoor,
  authority: IssuingAuthority,
  order: CertificateOrder,
  now: Date,
): Promise<CertificateRow> => {
  const [issued] = await issueCertificates(tx, door, authority, [order], now);
  return issued!;
};

/**
 * Many certificates of one tenant in the caller's transaction, in the order of the orders: signed beside each other,
 * recorded by one statement a table. All of them or none.
 */
export const issueCertificates = async (
  tx: Tx,
  door: IdentityDoor,
  authority: IssuingAuthority,
  orders: readonly CertificateOrder[],
  now: Date,
): Promise<CertificateRow[]> => {
  const rows = await Promise.all(orders.map((order) => signOrder(door, authority, order, now)));
  const issued = await certificateStore.insertAll(tx, rows, now);
  const letters = issued.map(({ id: certificateId, deviceId, tenantId }) => ({
    ...{ tenantId, type: 'certificate.issued', key: deviceId, payload: { certificateId, deviceId } },
  }));
  await outbox.dropAll(tx, letters);
  return issued;
};

const signOrder = async (
  door: IdentityDoor,
  authority: IssuingAuthority,
  order: CertificateOrder,
  now: Date,
): Promise<NewCertificateRow> => {
  const { tenantId, deviceId, request, source, sourceId, tokenId = null, late = false } = order;
  const life = order.life ?? door.leafLife;
  // The address of its list follows from its serial number, so that one is drawn first.
  const drawn = randomSerial();
  const shard = crlShard(drawn.toString('hex'), authority.crlShards);
  const device = {
    ...{ domain: door.hierarchy.options.domain, tenant: tenantId, deviceId, publicKey: request.publicKey },
    crlUri: door.crlUri(authority.id, shard, authority.crlShards),
    ocspUri: door.ocspUri(authority.id),
    issuerUri: door.issuerUri(authority.id),
    serial: drawn,
  };
  const leaf = await issueDeviceLeaf(authority, device, { now, ...(life === undefined ? {} : { life }) });
  const { serial, fingerprint, pem, notBefore, notAfter } = leaf;
  const known = { id: uuidv7(), deviceId, tokenId, source, sourceId, late, authorityId: authority.id };
  return { ...known, keyHash: request.keyHash, serial, fingerprint, pem, notBefore, notAfter };
};
