import type { Certificate } from '@muster/contracts/certificates/certificates.schema';
import { Copyable } from '../../ui/copyable.js';
import { Facts } from '../../ui/facts.js';
import { latency, moment, words } from '../../ui/format.js';
import { keyName } from '../../ui/key-name.js';
import { RelativeTime } from '../../ui/relative-time.js';

const after = (revokedAt: string, at: string) => `${latency(Date.parse(at) - Date.parse(revokedAt))} after`;

/** Everything known about one certificate; of a revoked one also how fast it was felt. */
export function CertificateFacts({ certificate }: { readonly certificate: Certificate }) {
  const { revokedAt, sessionCutAt, handshakeRefusedAt, refusalProvenAt } = certificate;
  return (
    <Facts
      wide
      facts={[
        ['Serial', <Copyable key="serial" text={certificate.serial} label="certificate serial" head={18} />],
        ['Fingerprint (SHA-256)', <Copyable key="fp" text={certificate.fingerprint} label="fingerprint" head={18} />],
        ['Key', keyName(certificate.keyAlgorithm)],
        ['Let in by', `${words(certificate.source)}${certificate.late ? ', after its end' : ''}`],
        ['Issuer', `${certificate.issuer}, generation ${certificate.generation}`],
        ['Valid', `${moment(certificate.notBefore)} to ${moment(certificate.notAfter)}`],
        ['First used', <RelativeTime key="used" at={certificate.activatedAt} />],
        ['Identity', <code key="uri">{certificate.uri}</code>],
        ['Revocation list', <Copyable key="crl" text={certificate.crlUri} label="address of the list" head={26} />],
        revokedAt !== null && ['Revoked', <RelativeTime key="revoked" at={revokedAt} />],
        revokedAt !== null && [
          'Session gone',
          sessionCutAt ? after(revokedAt, sessionCutAt) : <span className="quiet">there was none</span>,
        ],
        revokedAt !== null && [
          'New sessions refused',
          refusalProvenAt ? after(revokedAt, refusalProvenAt) : <span className="quiet">not proven yet</span>,
        ],
        handshakeRefusedAt !== null && [
          'Turned away at the door',
          <RelativeTime key="refused" at={handshakeRefusedAt} />,
        ],
      ]}
    />
  );
}
