import type { KeyObject } from 'node:crypto';

/** The JOSE names of the algorithms our keys use. */
export type SignAlgorithm = 'ES256' | 'ES384' | 'EdDSA';

/**
 * Where a private key lives is the signer's business (sealed file today; PKCS#11, Vault or a cloud KMS behind the
 * same port). ECDSA signatures are raw r‖s as JOSE and hardware modules give them; `derSignature` turns them for X.509.
 */
export interface Signer {
  readonly algorithm: SignAlgorithm;
  publicKey(): KeyObject;
  sign(algorithm: SignAlgorithm, bytes: Uint8Array): Promise<Buffer>;
}
