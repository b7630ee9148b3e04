import { oids } from '../der/oids.js';
import { childAt, type DerNode, readOid } from '../der/read.js';
import { CsrFault } from './csr-fault.js';

export interface SubjectNames {
  readonly commonName: string | null;
  /** The X.520 attribute, as factories write it. */
  readonly serialNumber: string | null;
}

/** UTF8String and PrintableString: other string types hide bytes a broker would read differently. */
const textTags = new Set([0x0c, 0x13]);

/** The names in a subject (RFC 5280 4.1.2.4) that can say which device it is. @throws CsrFault when one stands twice */
export const readSubjectNames = (subject: DerNode): SubjectNames => ({
  commonName: readOne(subject, oids.commonName),
  serialNumber: readOne(subject, oids.serialNumber),
});

const readOne = (subject: DerNode, type: string): string | null => {
  const found = subject.children
    .flatMap((rdn) => rdn.children)
    .filter((attribute) => readOid(childAt(attribute, 0)) === type);
  if (found.length > 1) throw new CsrFault('csr_malformed', 'a name stands twice in the subject');
  const value = found[0]?.children[1];
  if (!value) return null;
  if (!textTags.has(value.tag)) throw new CsrFault('csr_malformed', 'a name is not UTF8String or PrintableString');
  return value.value.toString('utf8');
};
