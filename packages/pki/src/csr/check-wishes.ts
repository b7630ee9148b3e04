import { keyUsageBits } from '../authority/extensions.js';
import { oids } from '../der/oids.js';
import { type DerNode, expectTag, readBits, readOid } from '../der/read.js';
import { type ReadExtension, readExtensions, readOnlyCommonName } from '../path/read-certificate.js';
import { CsrFault, type ExpectedIdentity } from './csr-fault.js';
import { readSubjectNames } from './subject-names.js';

const refuse = (detail: string): CsrFault => new CsrFault('csr_extension_not_allowed', detail);

/**
 * Empty, or exactly the CN we will issue. Where the device's serial number is known its maker may have written a name of
 * his own around it: then the only CN, and a serialNumber if there is one, must be that number, and what else the name
 * says (organisation, country) is passed over. Nothing of it is ever copied.
 */
export const checkSubject = (subject: DerNode, expected: ExpectedIdentity | null, serial?: string): void => {
  if (subject.children.length === 0) return;
  const only = readOnlyCommonName(subject);
  if (only !== null && only === expected?.deviceId) return;
  if (serial === undefined) {
    if (only === null) throw new CsrFault('csr_malformed', 'a subject is one common name or nothing');
    throw new CsrFault('identity_mismatch', 'the subject names another device');
  }
  const { commonName, serialNumber } = readSubjectNames(subject);
  if (commonName === null) throw new CsrFault('csr_malformed', 'a subject has one common name');
  const named = commonName === serial || commonName === expected?.deviceId;
  if (!named || (serialNumber !== null && serialNumber !== serial))
    throw new CsrFault('identity_mismatch', 'the subject names another device');
};

/** Wishes are tolerated only where they equal what every device certificate says anyway. */
export const checkRequestedExtensions = (block: DerNode, expected: ExpectedIdentity | null): void => {
  for (const [type, { value }] of readExtensions(block)) {
    const check = checks[type];
    if (!check) throw refuse('this extension is not accepted in a request');
    check({ critical: false, value }, expected);
  }
};

const checks: Record<string, (extension: ReadExtension, expected: ExpectedIdentity | null) => void> = {
  [oids.subjectAltName]: ({ value }, expected) => {
    const [only, ...more] = expectTag(value, 0x30).children;
    if (!only || more.length > 0 || only.tag !== 0x86 || only.value.toString('latin1') !== expected?.uri) {
      throw refuse('a subject alternative name other than the one issued');
    }
  },
  [oids.basicConstraints]: ({ value }) => {
    if (expectTag(value, 0x30).children.length > 0) throw refuse('a device is not an authority');
  },
  [oids.keyUsage]: ({ value }) => {
    const bits = readBits(value);
    if (bits.length !== 1 || bits[0] !== keyUsageBits.digitalSignature)
      throw refuse('key usage beyond digitalSignature');
  },
  [oids.extendedKeyUsage]: ({ value }) => {
    const purposes = expectTag(value, 0x30).children.map(readOid);
    if (purposes.length !== 1 || purposes[0] !== oids.clientAuth) throw refuse('a purpose other than clientAuth');
  },
  // Harmless and common in requests made by tools; ours is computed from the key.
  [oids.subjectKeyIdentifier]: () => {},
};
