import type { X509Certificate } from 'node:crypto';
import { keyUsageBits } from '../authority/extensions.js';
import { oids } from '../der/oids.js';
import { type CertificateFacts, readCertificate } from './read-certificate.js';

/** What is wrong with an issuing authority of clients under one of our roots; undefined when nothing is. `below` counts the authorities between this one and the leaf. */
export const checkIssuer = (
  issuer: X509Certificate,
  roots: readonly X509Certificate[],
  now: Date,
  below: number,
): string | undefined => {
  const facts = readCertificate(issuer.raw);
  if (!facts.ca || !facts.keyUsage?.includes(keyUsageBits.keyCertSign)) return 'issuer is not an authority';
  if (facts.pathLength !== null && facts.pathLength < below) return 'path is too long';
  if (facts.purposes && !facts.purposes.includes(oids.clientAuth)) return 'issuer may not issue for clients';
  if (now < facts.notBefore || now > facts.notAfter) return 'issuer is outside its validity';
  const root = roots.find((candidate) => readCertificate(candidate.raw).subjectKeyId === facts.authorityKeyId);
  if (!root) return 'issuer does not end at a root of ours';
  const rootFacts = readCertificate(root.raw);
  if (!rootFacts.ca || now < rootFacts.notBefore || now > rootFacts.notAfter) return 'root is outside its validity';
  return issuedBy(issuer, facts, root) ? undefined : 'issuer is not signed by the root';
};

export const issuedBy = (certificate: X509Certificate, facts: CertificateFacts, issuer: X509Certificate): boolean =>
  facts.issuer.equals(readCertificate(issuer.raw).subject) && certificate.verify(issuer.publicKey);
