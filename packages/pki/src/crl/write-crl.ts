import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Authority } from '../authority/authority.js';
import { authorityKeyIdentifier, crlNumber, issuingDistributionPoint } from '../authority/extensions.js';
import { signatureAlgorithm } from '../authority/sign-certificate.js';
import { bitString, explicit, integer, sequence, time } from '../der/write.js';
import { derSignature } from '../keys/key-signer.js';
import { CrlEntries, type RevokedEntry } from './crl-entries.js';

/** Entries encoded before others have a turn: some milliseconds. */
const AT_ONCE = 5_000;
const LINE = 64;

export interface CrlContent {
  /** Must rise with every list of the authority. */
  readonly number: number;
  readonly thisUpdate: Date;
  /** Once it is past, brokers lock everyone out. */
  readonly nextUpdate: Date;
  /** The address the leaves carry; null for a list of everything its authority issued, authorities included. */
  readonly uri: string | null;
  readonly revoked: readonly RevokedEntry[] | CrlEntries;
}

/**
 * A complete CRL of one authority (RFC 5280 5), written directly as DER in turns: 50,000 entries take some tens of
 * milliseconds, of which nobody waits more than a few.
 */
export const writeCrl = async (issuer: Authority, list: CrlContent): Promise<{ der: Buffer; pem: string }> => {
  const entries = list.revoked instanceof CrlEntries ? list.revoked : await encoded(list.revoked);
  const algorithm = signatureAlgorithm(issuer.signer.algorithm);
  const body = sequence(
    integer(1),
    algorithm,
    issuer.name,
    time(list.thisUpdate),
    time(list.nextUpdate),
    // An empty list of entries must be absent, not an empty sequence (RFC 5280 5.1.2.6).
    ...(entries.count === 0 ? [] : [sequence(entries.bytes)]),
    explicit(
      0,
      sequence(
        authorityKeyIdentifier(issuer.signer.publicKey()),
        crlNumber(list.number),
        ...(list.uri === null ? [] : [issuingDistributionPoint(list.uri)]),
      ),
    ),
  );
  const raw = await issuer.signer.sign(issuer.signer.algorithm, body);
  const der = sequence(body, algorithm, bitString(derSignature(issuer.signer.algorithm, raw)));
  return {
    der,
    get pem() {
      return crlPem(der);
    },
  };
};

/** As `toPem`, for megabytes. */
export const crlPem = (der: Buffer): string => {
  const text = Buffer.from(der.toString('base64'), 'latin1');
  const lines = Buffer.allocUnsafe(text.length + Math.ceil(text.length / LINE));
  let end = 0;
  for (let at = 0; at < text.length; at += LINE) {
    end += text.copy(lines, end, at, at + LINE);
    lines[end++] = 0x0a;
  }
  return `-----BEGIN X509 CRL-----\n${lines.toString('latin1', 0, end)}-----END X509 CRL-----\n`;
};

const encoded = async (revoked: readonly RevokedEntry[]): Promise<CrlEntries> => {
  const entries = new CrlEntries();
  for (const [index, entry] of revoked.entries()) {
    if (index > 0 && index % AT_ONCE === 0) await nextTurn();
    entries.add(entry);
  }
  return entries;
};
