import { createPublicKey, type KeyObject } from 'node:crypto';
import type { NewClaimBatch } from '@muster/contracts/enrollment/claims.schema';
import { type IssuedLeaf, issueBootstrapLeaf } from '@muster/pki/authority/issue-leaf';
import { generateDeviceKey, keyToPem } from '@muster/pki/client/device-key';
import { fromPem } from '@muster/pki/der/pem';
import { writePkcs12 } from '@muster/pki/pkcs12/write-pkcs12';
import { acceptCsr } from '../certificates/accept-csr.js';
import { Refusal } from '../http/refusal.js';
import type { IssuingAuthority } from '../trust/hierarchy.js';
import type { IdentityDoor } from '../trust/identity-door.js';

export interface IssuedClaim {
  readonly authority: IssuingAuthority;
  readonly leaf: IssuedLeaf;
  /** The key made here, PEM, and the PKCS #12 file in base64 when a password was given. Kept nowhere. */
  readonly key: string | null;
  readonly pkcs12: string | null;
}

/** Issues the certificate of a batch from the bootstrap authority: for the key of a request, or for one made here. */
export const issueClaim = async (
  door: IdentityDoor,
  batch: NewClaimBatch & { readonly tenant: string; readonly batchId: string },
  blockedKeys: ReadonlySet<string>,
  now: Date,
): Promise<IssuedClaim> => {
  const { csr, pkcs12Password, tenant, batchId } = batch;
  if (csr !== undefined && pkcs12Password !== undefined) throw noKeyHere();
  const made = csr === undefined ? generateDeviceKey() : null;
  const publicKey = made ? createPublicKey(made) : (await acceptCsr(csr!, null, blockedKeys)).publicKey;
  const { hierarchy } = door;
  const authority = await hierarchy.issuing('bootstrap', null);
  const leaf = await issueBootstrapLeaf(
    authority,
    { domain: hierarchy.options.domain, tenant, batchId, publicKey, crlUri: door.crlUri(authority.id) },
    { now, life: batch.expiresInS * 1000 },
  );
  const pkcs12 = made && pkcs12Password !== undefined ? packed(made, leaf, authority, pkcs12Password) : null;
  return { authority, leaf, key: made && keyToPem(made), pkcs12 };
};

const packed = (key: KeyObject, leaf: IssuedLeaf, authority: IssuingAuthority, password: string): string => {
  const issuer = fromPem(authority.pem, ['CERTIFICATE']);
  if (!issuer.ok) throw new Error('our own certificate cannot be read');
  return writePkcs12(key, [leaf.der, issuer.der], password).toString('base64');
};

const noKeyHere = (): Refusal => {
  const fault = { pointer: '/body/pkcs12Password', message: 'is for a key made here; the request was made elsewhere' };
  return new Refusal('validation_failed', `${fault.pointer} ${fault.message}.`, undefined, [fault]);
};
