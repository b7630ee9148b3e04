import { oids } from '../der/oids.js';
import { childAt, DerFault, type DerNode, expectTag, readDer, readOid, readSmallInteger } from '../der/read.js';

/** Digests a CertID may be made with: SHA-1 because clients still ask so (RFC 5019 2.1.1), where it proves nothing. */
export type CertIdHash = 'sha1' | 'sha256';

/** One certificate that is asked about. */
export interface CertId {
  /** As it came: the answer repeats it. */
  readonly raw: Buffer;
  /** Null for a digest we do not answer to. */
  readonly hash: CertIdHash | null;
  readonly issuerNameHash: Buffer;
  readonly issuerKeyHash: Buffer;
  /** Hex, as stored with the certificate. */
  readonly serial: string;
}

export interface OcspRequest {
  readonly certIds: readonly CertId[];
  readonly nonce: Buffer | null;
}

/** Larger ones are not read. A request for one certificate has some 80 bytes. */
export const OCSP_REQUEST_BYTES = 4 * 1024;
const MOST_CERTIFICATES = 16;
/** RFC 8954 2.1 */
const NONCE_BYTES = 32;
const hashes: Readonly<Record<string, CertIdHash>> = { [oids.sha1]: 'sha1', [oids.sha256]: 'sha256' };

/**
 * An OCSPRequest (RFC 6960 4.1.1) from a stranger, in strict DER. A signature on it is not looked at: whoever asks may know.
 * @throws DerFault on anything else, on more than 16 certificates and on a nonce of none or more than 32 bytes
 */
export const readOcspRequest = (der: Buffer): OcspRequest => {
  if (der.length > OCSP_REQUEST_BYTES) throw new DerFault('too large');
  const request = expectTag(readDer(der), 0x30);
  if (request.children.length > 2) throw new DerFault('unexpected structure');
  if (request.children.length === 2) childAt(request, 1, 0xa0);
  const fields = [...childAt(request, 0, 0x30).children];
  if (fields[0]?.tag === 0xa0) {
    if (readSmallInteger(childAt(fields.shift()!, 0)) !== 0) throw new DerFault('version');
  }
  if (fields[0]?.tag === 0xa1) fields.shift();
  const list = expectTag(fields.shift() ?? request, 0x30);
  const extensions = fields.shift();
  if (fields.length > 0 || list === request) throw new DerFault('unexpected structure');
  if (list.children.length === 0 || list.children.length > MOST_CERTIFICATES) throw new DerFault('how many');
  return { certIds: list.children.map(readSingle), nonce: extensions ? readNonce(expectTag(extensions, 0xa2)) : null };
};

const readSingle = (request: DerNode): CertId => {
  const id = childAt(expectTag(request, 0x30), 0, 0x30);
  if (id.children.length !== 4) throw new DerFault('unexpected structure');
  const serial = childAt(id, 3, 0x02).value;
  if (serial.length > 21) throw new DerFault('INTEGER out of range');
  return {
    raw: id.raw,
    hash: hashes[readOid(childAt(childAt(id, 0, 0x30), 0))] ?? null,
    issuerNameHash: childAt(id, 1, 0x04).value,
    issuerKeyHash: childAt(id, 2, 0x04).value,
    serial: (serial[0] === 0 && serial.length > 1 ? serial.subarray(1) : serial).toString('hex'),
  };
};

const readNonce = (extensions: DerNode): Buffer | null => {
  let nonce: Buffer | null = null;
  for (const extension of childAt(extensions, 0, 0x30).children) {
    const { length } = expectTag(extension, 0x30).children;
    const critical = length === 3 && childAt(extension, 1, 0x01).value[0] === 0xff;
    const value = childAt(extension, length - 1, 0x04).value;
    if (readOid(childAt(extension, 0)) === oids.ocspNonce) {
      if (nonce) throw new DerFault('extension twice');
      nonce = expectTag(readDer(value), 0x04).value;
      if (nonce.length === 0 || nonce.length > NONCE_BYTES) throw new DerFault('nonce');
    } else if (critical) throw new DerFault('a critical extension nobody knows');
  }
  return nonce;
};
