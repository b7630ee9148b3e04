import { oids } from '../der/oids.js';
import { childAt, DerFault, readDer, readOid } from '../der/read.js';
import { explicit, integer, oid, sequence, setOf, tlv } from '../der/write.js';

/**
 * A certs-only CMS message (RFC 5652 5.1 degenerate SignedData, RFC 5751 3.7), DER: certificates, revocation lists, no
 * content and no signer. `eContent` is left out as the strict form wants it, which every reader tried accepts.
 * Certificates stand as a SET, so a reader must not take the first for the issued one.
 */
export const certsOnly = (certificates: readonly Buffer[], lists: readonly Buffer[] = []): Buffer =>
  sequence(
    oid(oids.signedData),
    explicit(
      0,
      sequence(
        integer(1),
        setOf(),
        sequence(oid(oids.data)),
        ...(certificates.length > 0 ? [tlv(0xa0, ...sorted(certificates))] : []),
        ...(lists.length > 0 ? [tlv(0xa1, ...sorted(lists))] : []),
        setOf(),
      ),
    ),
  );

const sorted = (items: readonly Buffer[]): Buffer[] => [...items].sort(Buffer.compare);

/** The certificates of a certs-only message in strict DER, at most 64 KiB. Throws DerFault on anything else. */
export const readCertsOnly = (message: Buffer): Buffer[] => {
  const content = readDer(message);
  if (readOid(childAt(content, 0)) !== oids.signedData) throw new DerFault('not signed data');
  const signed = childAt(childAt(content, 1, 0xa0), 0, 0x30);
  return (signed.children.find(({ tag }) => tag === 0xa0)?.children ?? []).map(({ raw }) => raw);
};
