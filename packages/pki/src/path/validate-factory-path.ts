import { X509Certificate } from 'node:crypto';
import { keyUsageBits } from '../authority/extensions.js';
import { oids } from '../der/oids.js';
import { childAt, DerFault, type DerNode, readDer, readOid } from '../der/read.js';
import { type CertificateFacts, readCertificate, readExtensions } from './read-certificate.js';
import { isStrongKey } from './strong-key.js';

/** What a factory certificate says of its device. Text as it stands in the certificate; a stranger wrote it. */
export interface FactoryIdentity {
  readonly commonName: string | null;
  /** The serialNumber attribute of the subject (X.520), not the number of the certificate. */
  readonly serialNumber: string | null;
  readonly facts: CertificateFacts;
}

export type FactoryVerdict =
  | { readonly ok: true; readonly identity: FactoryIdentity }
  | { readonly ok: false; readonly why: string };

const refuse = (why: string): FactoryVerdict => ({ ok: false, why });
const MOST_BETWEEN = 4;

/** Everything critical that is looked at here; another critical extension makes a certificate unusable (RFC 5280 4.2). */
const understood = new Set<string>([oids.basicConstraints, oids.keyUsage, oids.extendedKeyUsage, oids.subjectAltName]);
const signatures = new Set<string>([
  oids.ecdsaWithSha256,
  oids.ecdsaWithSha384,
  oids.ecdsaWithSha512,
  oids.sha256WithRsa,
  oids.sha384WithRsa,
  oids.sha512WithRsa,
  oids.ed25519,
]);

/**
 * Path validation (RFC 5280 6.1, without policies and name constraints: a path that has critical ones is refused) of a
 * factory certificate up to a registered CA of a manufacturer, which is the anchor: it need not be self-signed. `chain` is
 * what the peer presented as DER, leaf first; certificates that do not belong to the path are ignored. The anchor, every
 * issuer and the leaf must be valid at `now`; SHA-1, and issuers with a weak or an outsize key, are refused.
 */
export const validateFactoryPath = (chain: readonly Buffer[], anchor: Buffer, now: Date): FactoryVerdict => {
  try {
    return validate(chain, anchor, now);
  } catch (fault) {
    return refuse(fault instanceof DerFault ? fault.message : 'unreadable');
  }
};

interface Read {
  readonly facts: CertificateFacts;
  readonly certificate: X509Certificate;
}

const validate = (chain: readonly Buffer[], anchorDer: Buffer, now: Date): FactoryVerdict => {
  const [first, ...others] = chain;
  if (!first) return refuse('no certificate');
  const anchor = read(anchorDer);
  const leaf = read(first);
  if (leaf.facts.ca) return refuse('an authority is not a device');
  if (leaf.facts.keyUsage && !leaf.facts.keyUsage.includes(keyUsageBits.digitalSignature)) return refuse('key usage');
  if (leaf.facts.purposes && !leaf.facts.purposes.includes(oids.clientAuth)) return refuse('purpose');
  const between = others.flatMap(readUsable).slice(0, MOST_BETWEEN);
  let below = leaf;
  for (let depth = 0; depth <= between.length; depth++) {
    const fault = outside(below, now);
    if (fault) return refuse(fault);
    const closes = isIssuer(anchor, below);
    const issuer = closes ? anchor : between.find((candidate) => candidate !== below && isIssuer(candidate, below));
    if (!issuer) return refuse('does not end at the registered authority');
    const issuerFault = unfit(issuer, depth, now);
    if (issuerFault) return refuse(issuerFault);
    if (closes) return { ok: true, identity: identityOf(leaf.facts) };
    below = issuer;
  }
  return refuse('does not end at the registered authority');
};

const read = (der: Buffer): Read => {
  const root = readDer(der);
  if (!signatures.has(readOid(childAt(childAt(root, 1, 0x30), 0)))) throw new DerFault('signature algorithm');
  const block = childAt(root, 0, 0x30).children.find(({ tag }) => tag === 0xa3);
  for (const [type, { critical }] of readExtensions(block ? childAt(block, 0, 0x30) : undefined)) {
    if (critical && !understood.has(type)) throw new DerFault('a critical extension that is not understood');
  }
  return { facts: readCertificate(der), certificate: new X509Certificate(der) };
};

/** What does not belong to the path may be anything, e.g. the maker's root of long ago with SHA-1. */
const readUsable = (der: Buffer): Read[] => {
  try {
    const usable = read(der);
    // Before anything is verified with it: whoever presents a certificate chooses how long that takes.
    return isStrongKey(usable.certificate.publicKey) ? [usable] : [];
  } catch {
    return [];
  }
};

const isIssuer = (issuer: Read, subject: Read): boolean =>
  issuer.facts.subject.equals(subject.facts.issuer) &&
  (subject.facts.authorityKeyId === null ||
    issuer.facts.subjectKeyId === null ||
    subject.facts.authorityKeyId === issuer.facts.subjectKeyId) &&
  subject.certificate.verify(issuer.certificate.publicKey);

const unfit = (issuer: Read, below: number, now: Date): string | undefined => {
  const { facts } = issuer;
  if (!facts.ca) return 'an issuer is not an authority';
  if (facts.keyUsage && !facts.keyUsage.includes(keyUsageBits.keyCertSign))
    return 'an issuer may not sign certificates';
  if (facts.pathLength !== null && facts.pathLength < below) return 'path is too long';
  return outside(issuer, now);
};

const outside = ({ facts }: Read, now: Date): string | undefined => {
  if (now < facts.notBefore) return 'not valid yet';
  return now > facts.notAfter ? 'expired' : undefined;
};

const identityOf = (facts: CertificateFacts): FactoryIdentity => {
  const subject = readDer(facts.subject);
  return { commonName: only(subject, oids.commonName), serialNumber: only(subject, oids.serialNumber), facts };
};

/** The value of an attribute that stands exactly once in the name; two of them would be two answers. */
const only = (name: DerNode, type: string): string | null => {
  const values = name.children.flatMap(({ children }) => children).filter((item) => readOid(childAt(item, 0)) === type);
  const value = values.length === 1 ? childAt(values[0]!, 1) : undefined;
  if (value?.tag !== 0x0c && value?.tag !== 0x13) return null;
  const text = value.value.toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /^[^\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffd]{1,120}$/u.test(text) ? text : null;
};
