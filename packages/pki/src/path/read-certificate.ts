import { oids } from '../der/oids.js';
import {
  childAt,
  DerFault,
  type DerNode,
  expectTag,
  readBits,
  readDer,
  readOid,
  readSmallInteger,
  readTime,
} from '../der/read.js';

/** What path validation and the registry need of a certificate, read strictly from its DER. */
export interface CertificateFacts {
  readonly serial: string;
  /** Names as DER, compared byte for byte: every name here was written by us. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  /** The only CN when the subject is exactly one CN, else null. */
  readonly commonName: string | null;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly ca: boolean;
  readonly pathLength: number | null;
  /** Bits of keyUsage, or null when the extension is absent. */
  readonly keyUsage: readonly number[] | null;
  readonly purposes: readonly string[] | null;
  readonly policies: readonly string[];
  readonly uris: readonly string[];
  /** First URI of the CRL distribution points. */
  readonly crlUri: string | null;
  readonly subjectKeyId: string | null;
  readonly authorityKeyId: string | null;
}

/** Throws DerFault on anything that is not one v3 certificate in strict DER with each extension at most once. */
export const readCertificate = (der: Buffer): CertificateFacts => {
  const body = childAt(expectTag(readDer(der), 0x30), 0, 0x30);
  if (readSmallInteger(childAt(childAt(body, 0, 0xa0), 0)) !== 2) throw new DerFault('not a v3 certificate');
  const span = childAt(body, 4, 0x30);
  const block = body.children.find((child) => child.tag === 0xa3);
  const extensions = readExtensions(block ? childAt(block, 0, 0x30) : undefined);
  const constraints = extensions.get(oids.basicConstraints)?.value;
  const usage = extensions.get(oids.keyUsage)?.value;
  return {
    serial: childAt(body, 1, 0x02).value.toString('hex'),
    issuer: childAt(body, 3, 0x30).raw,
    subject: childAt(body, 5, 0x30).raw,
    commonName: readOnlyCommonName(childAt(body, 5, 0x30)),
    notBefore: readTime(childAt(span, 0)),
    notAfter: readTime(childAt(span, 1)),
    ca: constraints?.children[0]?.tag === 0x01 && constraints.children[0].value[0] === 0xff,
    pathLength: constraints?.children[1] ? readSmallInteger(constraints.children[1]) : null,
    keyUsage: usage ? readBits(usage) : null,
    purposes: extensions.get(oids.extendedKeyUsage)?.value.children.map(readOid) ?? null,
    policies: (extensions.get(oids.certificatePolicies)?.value.children ?? []).map((policy) =>
      readOid(childAt(policy, 0)),
    ),
    uris: readUris(extensions.get(oids.subjectAltName)?.value),
    crlUri: firstUri(extensions.get(oids.crlDistributionPoints)?.value),
    subjectKeyId: extensions.get(oids.subjectKeyIdentifier)?.value.value.toString('hex') ?? null,
    authorityKeyId:
      extensions
        .get(oids.authorityKeyIdentifier)
        ?.value.children.find((child) => child.tag === 0x80)
        ?.value.toString('hex') ?? null,
  };
};

export interface ReadExtension {
  readonly critical: boolean;
  readonly value: DerNode;
}

/** Extensions by OID; a second one of the same kind is a fault (RFC 5280 4.2). */
export const readExtensions = (block: DerNode | undefined): Map<string, ReadExtension> => {
  const found = new Map<string, ReadExtension>();
  for (const item of block?.children ?? []) {
    const type = readOid(childAt(item, 0));
    if (found.has(type)) throw new DerFault('extension twice');
    const critical = item.children.length === 3 && childAt(item, 1, 0x01).value[0] === 0xff;
    found.set(type, { critical, value: readDer(childAt(item, item.children.length - 1, 0x04).value) });
  }
  return found;
};

/** The value of a name that is exactly one RDN with exactly one CN, else null. */
export const readOnlyCommonName = (name: DerNode): string | null => {
  const rdn = name.children.length === 1 ? name.children[0]! : undefined;
  const attribute = rdn?.children.length === 1 ? rdn.children[0]! : undefined;
  if (attribute?.children.length !== 2 || readOid(childAt(attribute, 0)) !== oids.commonName) return null;
  const value = childAt(attribute, 1);
  // UTF8String or PrintableString; other string types hide bytes we would read differently than a broker does.
  return value.tag === 0x0c || value.tag === 0x13 ? value.value.toString('utf8') : null;
};

const firstUri = (node: DerNode | undefined): string | null => {
  if (!node) return null;
  if (node.tag === 0x86) return node.value.toString('latin1');
  for (const child of node.children) {
    const found = firstUri(child);
    if (found !== null) return found;
  }
  return null;
};

export const readUris = (names: DerNode | undefined): string[] =>
  (names?.children ?? []).filter((name) => name.tag === 0x86).map((name) => name.value.toString('latin1'));
