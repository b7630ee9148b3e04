import type { Manifest } from '@muster/contracts/releases/releases.schema';
import type { ReleaseRow } from '@muster/persistence/releases/release.store';
import type { SigningKeyRow } from '@muster/persistence/trust/signing-key.store';
import type { SigningJwk } from '@muster/pki/signing/compact';
import { signManifest, verifyManifest } from '@muster/pki/signing/manifest';
import { Refusal } from '../http/refusal.js';
import type { IdentityDoor } from '../trust/identity-door.js';

export type Signature = { readonly manifest?: Manifest; readonly manifestJws?: string };

/** The text that is signed, byte for byte the same for whoever asks while the release is not edited. */
export const payloadOf = (tenantId: string, row: ReleaseRow): string => JSON.stringify(manifestOf(tenantId, row));

/**
 * The signature of a release: made here when the key is here, else the one handed in, which must be by the active key over
 * exactly these bytes. @throws Refusal signature_missing, signature_refused
 */
export const signatureOf = async (
  door: IdentityDoor,
  tenantId: string,
  row: ReleaseRow,
  key: SigningKeyRow,
  handedIn: string | undefined,
): Promise<Signature> => {
  const manifest = manifestOf(tenantId, row);
  if (handedIn !== undefined) {
    const verified = await verifyManifest(handedIn, [key.publicJwk as unknown as SigningJwk], tenantId);
    if (!verified.ok)
      throw new Refusal('signature_refused', `Not by the active release key ${key.kid}: ${verified.fault}.`, {
        kid: key.kid,
        fault: verified.fault,
      });
    const signed = Buffer.from(handedIn.split('.')[1] ?? '', 'base64url');
    if (!signed.equals(Buffer.from(payloadOf(tenantId, row))))
      throw new Refusal('signature_refused', 'It is over another manifest than this release has now; fetch it again.');
    return { manifest, manifestJws: handedIn };
  }
  if (key.keyRef === null)
    throw new Refusal('signature_missing', `Sign the manifest with ${key.kid} where it is kept.`, { kid: key.kid });
  const { signer, kid } = await door.signingKeys.opened(key);
  return { manifest, manifestJws: await signManifest(signer, kid, manifest) };
};

const manifestOf = (tenant: string, row: ReleaseRow): Manifest => ({
  schemaVersion: 1,
  tenant,
  releaseId: row.id,
  name: row.name,
  version: row.version,
  models: row.models,
  ...(row.hardwareRevisions.length > 0 && { hardwareRevisions: row.hardwareRevisions }),
  ...(row.minVersion !== null && { minVersion: row.minVersion }),
  ...(row.supportUntil !== null && { supportUntil: row.supportUntil.toISOString() }),
  ...(row.sbom !== null && { sbomSha256: row.sbom.sha256 }),
  rollbackIndex: row.rollbackIndex,
  artifact: { id: row.artifact.id, name: row.artifact.name, size: row.artifact.size, sha256: row.artifact.sha256 },
  createdAt: row.createdAt.toISOString(),
});
