import { X509Certificate } from 'node:crypto';
import { keyUsageBits } from '../authority/extensions.js';
import { parseDeviceUri } from '../authority/names.js';
import { oids, policies } from '../der/oids.js';
import { DerFault } from '../der/read.js';
import { type CertificateFacts, readCertificate } from './read-certificate.js';

/** What we trust: the roots and every device authority that is issuing or retiring. The peer's own chain is ignored. */
export interface TrustedAuthorities {
  readonly domain: string;
  readonly roots: readonly X509Certificate[];
  readonly deviceAuthorities: readonly { readonly tenant: string; readonly certificate: X509Certificate }[];
}

export type PathVerdict =
  | {
      readonly ok: true;
      readonly tenant: string;
      readonly deviceId: string;
      readonly expired: boolean;
      readonly facts: CertificateFacts;
    }
  | {
      readonly ok: false;
      readonly code: 'certificate_unknown' | 'certificate_expired' | 'certificate_malformed';
      readonly why: string;
    };

const refuse = (
  why: string,
  code: 'certificate_unknown' | 'certificate_expired' | 'certificate_malformed' = 'certificate_unknown',
): PathVerdict => ({
  ok: false,
  code,
  why,
});

/**
 * Our own path validation, because TLS with rejectUnauthorized off reports CERT_HAS_EXPIRED for a forged chain just as
 * for a genuine expired one. Issuer is found by key identifier; then signature, CA flag, path length, usage, validity
 * at `now`, purpose, policy and names, up to one of our roots. With `allowExpired` a genuine certificate past notAfter
 * passes with `expired: true`; notBefore always counts. Revocation and device state are the registry's business.
 */
export const validateDevicePath = (
  der: Buffer,
  trusted: TrustedAuthorities,
  now: Date,
  options: { readonly allowExpired?: boolean } = {},
): PathVerdict => {
  try {
    return validate(der, trusted, now, options.allowExpired ?? false);
  } catch (fault) {
    if (fault instanceof DerFault) return refuse(fault.message, 'certificate_malformed');
    // OpenSSL's own refusal to read the bytes.
    return refuse('unreadable', 'certificate_malformed');
  }
};

const validate = (der: Buffer, trusted: TrustedAuthorities, now: Date, allowExpired: boolean): PathVerdict => {
  const facts = readCertificate(der);
  const leaf = new X509Certificate(der);
  const issuer = trusted.deviceAuthorities.find(
    ({ certificate }) => readCertificate(certificate.raw).subjectKeyId === facts.authorityKeyId,
  );
  if (!issuer || facts.authorityKeyId === null) return refuse('no device authority of ours has this key identifier');
  const issuerFault = checkIssuer(issuer.certificate, trusted.roots, now, 0);
  if (issuerFault) return refuse(issuerFault);
  if (!issuedBy(leaf, facts, issuer.certificate)) return refuse('not signed by the authority it names');
  const profileFault = checkLeafProfile(facts);
  if (profileFault) return refuse(profileFault);
  const identity = facts.uris.length === 1 ? parseDeviceUri(trusted.domain, facts.uris[0]!) : undefined;
  if (!identity || identity.deviceId !== facts.commonName) return refuse('name and URI are not one device');
  if (identity.tenant !== issuer.tenant) return refuse('issued by the authority of another tenant');
  if (now < facts.notBefore) return refuse('not valid yet');
  const expired = now > facts.notAfter;
  if (expired && !allowExpired) return refuse('expired', 'certificate_expired');
  return { ok: true, ...identity, expired, facts };
};

const checkLeafProfile = (facts: CertificateFacts): string | undefined => {
  if (facts.ca) return 'an authority is not a device';
  if (facts.keyUsage && !facts.keyUsage.includes(keyUsageBits.digitalSignature)) return 'key usage';
  if (facts.purposes?.length !== 1 || facts.purposes[0] !== oids.clientAuth)
    return 'purpose is not client authentication';
  if (facts.policies.length !== 1 || facts.policies[0] !== policies.device) return 'not of the device class';
  return undefined;
};

/** `below` counts the authorities between this one and the leaf. */
const checkIssuer = (
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

const issuedBy = (certificate: X509Certificate, facts: CertificateFacts, issuer: X509Certificate): boolean =>
  facts.issuer.equals(readCertificate(issuer.raw).subject) && certificate.verify(issuer.publicKey);
