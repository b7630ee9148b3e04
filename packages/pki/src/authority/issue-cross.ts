import { X509Certificate } from 'node:crypto';
import { oids } from '../der/oids.js';
import { readCertificate } from '../path/read-certificate.js';
import type { Authority } from './authority.js';
import { basicConstraints, extendedKeyUsage, keyUsage } from './extensions.js';
import { signCertificate } from './sign-certificate.js';

/**
 * A cross certificate: name and key of one authority, signed by another (RFC 5280 3.2). With the new root signed by the old
 * one, whoever trusts only the old root believes what the new one issues, and the other way round. It allows what the
 * subject's own certificate allows, from now to the earlier of both ends. Returns PEM.
 */
export const issueCross = async (
  subject: { readonly pem: string },
  issuer: Pick<Authority, 'name' | 'signer' | 'notAfter'>,
  now: Date,
): Promise<string> => {
  const certificate = new X509Certificate(subject.pem);
  const facts = readCertificate(certificate.raw);
  const purposes = (['serverAuth', 'clientAuth'] as const).filter((name) => facts.purposes?.includes(oids[name]));
  const { pem } = await signCertificate(
    {
      subject: facts.subject,
      publicKey: certificate.publicKey,
      // From the subject's own begin: a device whose clock is behind must not meet a certificate from its future.
      notBefore: facts.notBefore < now ? facts.notBefore : now,
      notAfter: facts.notAfter < issuer.notAfter ? facts.notAfter : issuer.notAfter,
      extensions: [
        basicConstraints(facts.pathLength === null ? {} : { pathLength: facts.pathLength }),
        keyUsage('keyCertSign', 'cRLSign'),
        ...(purposes.length > 0 ? [extendedKeyUsage(...purposes)] : []),
      ],
    },
    issuer,
  );
  return pem;
};

/**
 * An authority as its own anchor, PEM: same name, key and limits, signed by itself. Whoever trusts this alone believes its
 * leaves and no others of the installation, which a list with the root in it cannot say: a peer brings the certificates
 * between itself and the root.
 */
export const issueAnchor = (authority: Authority, now: Date): Promise<string> => issueCross(authority, authority, now);
