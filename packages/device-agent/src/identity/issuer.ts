import { X509Certificate } from 'node:crypto';
import { issuerOf } from '@muster/pki/signing/command';

/** Who may sign for the tenant of this certificate: the installation's domain stands in its URI, `spiffe://domain/t/…`. */
export function issuerOfCertificate(pem: string, tenant: string): string {
  const names = new X509Certificate(pem).subjectAltName ?? '';
  const domain = /URI:spiffe:\/\/([a-z0-9.-]+)\/t\//.exec(names)?.[1] ?? '';
  return issuerOf(domain, tenant);
}
