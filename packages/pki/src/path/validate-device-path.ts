import { X509Certificate } from 'node:crypto';
import { keyUsageBits } from '../authority/extensions.js';
import { parseDeviceUri } from '../authority/names.js';
import { oids, policies } from '../der/oids.js';
import { DerFault } from '../der/read.js';
import { checkIssuer, issuedBy } from './check-issuer.js';
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
