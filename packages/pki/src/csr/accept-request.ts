import { createHash, type KeyObject, verify } from 'node:crypto';
import { oids } from '../der/oids.js';
import { fromPem } from '../der/pem.js';
import { childAt, DerFault, type DerNode, expectTag, readDer, readOid, readSmallInteger } from '../der/read.js';
import { checkKey, digestOf } from './check-key.js';
import { checkRequestedExtensions, checkSubject } from './check-wishes.js';
import { CsrFault, type CsrFaultCode, type ExpectedIdentity } from './csr-fault.js';
import { readSubjectNames, type SubjectNames } from './subject-names.js';

export interface AcceptedRequest {
  readonly publicKey: KeyObject;
  /** SHA-256 of the subject public key info, lower-case hex. */
  readonly keyHash: string;
  /** SHA-256 of the whole request's DER, lower-case hex: the same request asked again is the same question. */
  readonly requestHash: string;
  /** As people read it: `EC P-256`, `EC P-384`, `Ed25519`, `RSA 2048`. */
  readonly keyAlgorithm: string;
}

export const maxRequestBytes = 16 * 1024;

/**
 * The gate for certificate requests from strangers (PEM or bare base64), cheapest check first: size, linear decode,
 * strict DER, structure, key, signature algorithm, proof of possession, then what it wishes for. A wish for another
 * identity or more rights is refused rather than corrected, so that a mis-flashed device is noticed.
 * @throws CsrFault naming the first thing wrong; its message never repeats the input.
 */
export const acceptRequest = async (
  text: string,
  expected: ExpectedIdentity | null,
  blockedKeys: ReadonlySet<string> = new Set(),
  /** The serial number the device is known or bound to have: its name may then stand around this number. */
  serial?: string,
): Promise<AcceptedRequest> => {
  const der = decode(text);
  const parsed = parseRequest(der);
  const publicKey = checkKey(parsed.keyInfo);
  const keyHash = sha256(parsed.keyInfo.raw);
  if (blockedKeys.has(keyHash)) throw new CsrFault('csr_key_not_allowed', 'this key is blocked');
  const digest = digestOf(parsed.algorithm, publicKey);
  if (!(await proves(digest, parsed.body.raw, publicKey, parsed.signature))) {
    throw new CsrFault('csr_pop_failed', 'the signature is not by the key in the request');
  }
  checkWishes(parsed, expected, serial);
  return { publicKey, keyHash, requestHash: sha256(der), keyAlgorithm: keyAlgorithmOf(publicKey) };
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const keyAlgorithmOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string => {
  if (asymmetricKeyType === 'ed25519') return 'Ed25519';
  if (asymmetricKeyType === 'rsa') return `RSA ${asymmetricKeyDetails?.modulusLength}`;
  return asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'EC P-384' : 'EC P-256';
};

/** What a request says of itself before anything of it is proven. */
export interface RequestClaims extends SubjectNames {
  /** SHA-256 of the subject public key info, lower-case hex. */
  readonly keyHash: string;
}

/** Who a request says it is of; proves nothing, and reads as strictly as the gate. @throws CsrFault */
export const readRequestClaims = (text: string): RequestClaims => {
  const { subject, keyInfo } = parseRequest(decode(text));
  return { ...strictly('csr_malformed', () => readSubjectNames(subject)), keyHash: sha256(keyInfo.raw) };
};

const decode = (text: string): Buffer => {
  if (text.length > maxRequestBytes) throw new CsrFault('csr_malformed', 'larger than 16 KiB');
  const decoded = fromPem(text, ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']);
  if (!decoded.ok) {
    throw new CsrFault('csr_malformed', decoded.fault === 'multiple' ? 'more than one PEM block' : 'not PEM or base64');
  }
  if (decoded.der[0] !== 0x30) throw new CsrFault('csr_malformed', 'not a certificate request');
  return decoded.der;
};

interface ParsedRequest {
  readonly body: DerNode;
  readonly subject: DerNode;
  readonly keyInfo: DerNode;
  readonly attributes: readonly DerNode[];
  readonly algorithm: DerNode;
  readonly signature: Buffer;
}

/** CertificationRequest of RFC 2986 4.2. */
const parseRequest = (der: Buffer): ParsedRequest => {
  const root = strictly('csr_not_der', () => readDer(der));
  return strictly('csr_malformed', () => {
    if (root.children.length !== 3) throw new DerFault('not a certificate request');
    const body = childAt(root, 0, 0x30);
    if (body.children.length < 3 || body.children.length > 4 || readSmallInteger(childAt(body, 0)) !== 0) {
      throw new DerFault('not a certificate request');
    }
    const signature = childAt(root, 2, 0x03);
    if (signature.value[0] !== 0) throw new DerFault('signature has unused bits');
    return {
      body,
      subject: childAt(body, 1, 0x30),
      keyInfo: childAt(body, 2, 0x30),
      attributes: body.children.length === 4 ? childAt(body, 3, 0xa0).children : [],
      algorithm: childAt(root, 1, 0x30),
      signature: signature.value.subarray(1),
    };
  });
};

const strictly = <T>(code: CsrFaultCode, read: () => T): T => {
  try {
    return read();
  } catch (fault) {
    if (fault instanceof DerFault) throw new CsrFault(code, fault.message);
    throw fault;
  }
};

const proves = (digest: string | null, body: Buffer, key: KeyObject, signature: Buffer): Promise<boolean> =>
  new Promise((resolve) => verify(digest, body, key, signature, (fault, good) => resolve(!fault && good)));

const checkWishes = (parsed: ParsedRequest, expected: ExpectedIdentity | null, serial?: string): void => {
  strictly('csr_malformed', () => checkSubject(parsed.subject, expected, serial));
  strictly('csr_extension_not_allowed', () => {
    let extensions: DerNode | undefined;
    const seen = new Set<string>();
    for (const attribute of parsed.attributes) {
      const { type, value } = readAttribute(attribute);
      if (seen.has(type)) throw new CsrFault('csr_extension_not_allowed', 'an attribute appears twice');
      seen.add(type);
      if (type === oids.extensionRequest) extensions = expectTag(value, 0x30);
    }
    if (extensions) checkRequestedExtensions(extensions, expected);
  });
};

const readAttribute = (attribute: DerNode): { type: string; value: DerNode } => {
  const values = childAt(attribute, 1, 0x31);
  if (values.children.length !== 1) throw new DerFault('an attribute has one value');
  return { type: readOid(childAt(attribute, 0)), value: values.children[0]! };
};
