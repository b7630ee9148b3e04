import type { KeyObject } from 'node:crypto';

const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/** EC P-256 or better by name, Ed25519, or RSA of 2048 to 8192 bits with a usual exponent: none costs much to verify with. */
export const isStrongKey = ({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): boolean => {
  const { modulusLength = 0, publicExponent = 0n, namedCurve = '' } = asymmetricKeyDetails;
  if (asymmetricKeyType === 'rsa')
    return modulusLength >= 2048 && modulusLength <= 8192 && publicExponent >= 3n && publicExponent <= 0xffff_ffffn;
  if (asymmetricKeyType === 'ec') return curves.has(namedCurve);
  return asymmetricKeyType === 'ed25519';
};
