import { type ReadAuthority, readHanded } from './read-authority.js';

/**
 * Why a certificate is no proof that the key of `authority` is at hand, or undefined when it is one. Its validity does not
 * matter: it is as fresh as the challenge in it, whatever the clock of the machine in the safe says.
 */
export const checkProof = (pem: string, authority: ReadAuthority, challenge: string): string | undefined => {
  const proof = readHanded(pem);
  if (typeof proof === 'string') return `It ${proof}.`;
  const { facts, certificate } = proof;
  if (facts.commonName !== challenge) return 'Its subject is not the challenge as its only common name.';
  if (!facts.issuer.equals(authority.facts.subject)) return 'It names another issuer.';
  if (!certificate.verify(authority.certificate.publicKey)) return 'It is not signed by the key of the registered CA.';
  return undefined;
};
