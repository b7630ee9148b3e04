import { X509Certificate } from 'node:crypto';
import { keyUsageBits } from '../authority/extensions.js';
import { parseClaimUri } from '../authority/names.js';
import { oids, policies } from '../der/oids.js';
import { DerFault } from '../der/read.js';
import { checkIssuer, issuedBy } from './check-issuer.js';
import { type CertificateFacts, readCertificate } from './read-certificate.js';

export interface TrustedBootstrap {
  readonly domain: string;
  readonly roots: readonly X509Certificate[];
  /** Every generation of the bootstrap authority that is not retired. */
  readonly authorities: readonly X509Certificate[];
}

export type ClaimVerdict =
  | { readonly ok: true; readonly tenant: string; readonly batchId: string; readonly facts: CertificateFacts }
  | { readonly ok: false; readonly expired: boolean; readonly why: string };

const refuse = (why: string, expired = false): ClaimVerdict => ({ ok: false, expired, why });

/**
 * Whether a certificate (DER, of any origin) is a claim certificate of this installation at `now`: issued by a bootstrap
 * authority under one of our roots, of the bootstrap class, naming one batch. Quota, revocation and state of the batch are
 * the registry's business.
 */
export const validateBootstrapPath = (der: Buffer, trusted: TrustedBootstrap, now: Date): ClaimVerdict => {
  try {
    const facts = readCertificate(der);
    const leaf = new X509Certificate(der);
    const issuer = trusted.authorities.find(({ raw }) => readCertificate(raw).subjectKeyId === facts.authorityKeyId);
    if (!issuer || facts.authorityKeyId === null)
      return refuse('no bootstrap authority of ours has this key identifier');
    const fault = checkIssuer(issuer, trusted.roots, now, 0);
    if (fault) return refuse(fault);
    if (!issuedBy(leaf, facts, issuer)) return refuse('not signed by the authority it names');
    if (facts.ca) return refuse('an authority is not a claim');
    if (facts.keyUsage && !facts.keyUsage.includes(keyUsageBits.digitalSignature)) return refuse('key usage');
    if (facts.purposes?.length !== 1 || facts.purposes[0] !== oids.clientAuth) return refuse('purpose');
    if (facts.policies.length !== 1 || facts.policies[0] !== policies.bootstrap)
      return refuse('not a claim certificate');
    const claim = facts.uris.length === 1 ? parseClaimUri(trusted.domain, facts.uris[0]!) : undefined;
    if (!claim || claim.batchId !== facts.commonName) return refuse('name and URI are not one batch');
    if (now < facts.notBefore) return refuse('not valid yet');
    if (now > facts.notAfter) return refuse('expired', true);
    return { ok: true, ...claim, facts };
  } catch (fault) {
    return refuse(fault instanceof DerFault ? fault.message : 'unreadable');
  }
};
