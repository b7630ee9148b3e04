import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { distinguishedName } from '../authority/names.js';
import { oids } from '../der/oids.js';
import { toPem } from '../der/pem.js';
import { bitString, integer, oid, sequence, tlv } from '../der/write.js';

/**
 * A certificate request (PKCS #10, PEM): no attributes, subject empty or the device's own id. Keys a device came with may be
 * EC, RSA or Ed25519; those made here are EC P-256.
 */
export const writeRequest = (privateKey: KeyObject, deviceId?: string): string => {
  const body = sequence(
    integer(0),
    deviceId === undefined ? sequence() : distinguishedName({ commonName: deviceId }),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    tlv(0xa0),
  );
  const { algorithm, digest } = signatureOf(privateKey);
  const signature = sign(digest, body, { key: privateKey, dsaEncoding: 'der' });
  return toPem('CERTIFICATE REQUEST', sequence(body, algorithm, bitString(signature)));
};

/** RSA names its parameters as NULL (RFC 8017 A.2.4), the others have none (RFC 5758 3.2, RFC 8410 3). */
const signatureOf = (key: KeyObject): { algorithm: Buffer; digest: string | null } => {
  if (key.asymmetricKeyType === 'rsa')
    return { algorithm: sequence(oid(oids.sha256WithRsa), tlv(0x05)), digest: 'sha256' };
  if (key.asymmetricKeyType === 'ed25519') return { algorithm: sequence(oid(oids.ed25519)), digest: null };
  return { algorithm: sequence(oid(oids.ecdsaWithSha256)), digest: 'sha256' };
};
