import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { keyUsageBits } from '../authority/extensions.js';
import { oids } from '../der/oids.js';
import { type CertificateFacts, readCertificate } from '../path/read-certificate.js';

/** What TLS says of a chain that is wrong about time alone, or that hides another fault behind it. */
export const timeFaults: readonly string[] = ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'];

const MOST_ISSUERS = 4;

/**
 * Judges a server's chain without a clock: for a device whose own says 1970 or 2036. Signatures, authorities, purposes and
 * names count as always (RFC 5280 6.1). Of validity it asks that there was a time at which the whole chain was valid, and
 * that this time had not ended at `known`, the latest a server was heard to say. Null when the chain is good, else why not.
 */
export const judgeServerChain = (
  presented: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  host: string,
  known: Date,
): string | null => {
  try {
    return judge(presented, roots, host, known);
  } catch (fault) {
    return (fault as Error).message;
  }
};

const judge = (
  [leaf, ...others]: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  host: string,
  known: Date,
): string | null => {
  if (!leaf) return 'no certificate';
  const facts = readCertificate(leaf.raw);
  if (facts.ca) return 'an authority is not a server';
  if (!facts.purposes?.includes(oids.serverAuth)) return 'purpose is not server authentication';
  if ((isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host)) === undefined) return `not for ${host}`;
  let [from, until] = [facts.notBefore, facts.notAfter];
  let current = leaf;
  for (let below = 0; below < MOST_ISSUERS; below++) {
    const anchor = roots.find((root) => signs(root, current, below));
    const issuer = anchor ?? others.find((other) => !other.raw.equals(current.raw) && signs(other, current, below));
    if (!issuer) return 'does not lead to a root of ours';
    const { notBefore, notAfter } = readCertificate(issuer.raw);
    from = new Date(Math.max(from.getTime(), notBefore.getTime()));
    until = new Date(Math.min(until.getTime(), notAfter.getTime()));
    if (from > until) return 'never valid as a whole';
    if (until < known) return `ended at ${until.toISOString()}, before the last time the server told`;
    if (anchor) return null;
    current = issuer;
  }
  return 'longer than any chain of ours';
};

/** Whether `issuer` is an authority for servers, with `below` authorities under it, and signed this certificate. */
const signs = (issuer: X509Certificate, certificate: X509Certificate, below: number): boolean => {
  const facts: CertificateFacts = readCertificate(issuer.raw);
  return (
    facts.ca &&
    (facts.keyUsage === null || facts.keyUsage.includes(keyUsageBits.keyCertSign)) &&
    (facts.purposes === null || facts.purposes.includes(oids.serverAuth)) &&
    (facts.pathLength === null || facts.pathLength >= below) &&
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey)
  );
};
