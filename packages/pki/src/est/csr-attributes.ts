import { distinguishedName } from '../authority/names.js';
import { oids } from '../der/oids.js';
import { integer, oid, sequence, setOf, tlv } from '../der/write.js';

const algorithm = sequence(oid(oids.ecPublicKey), oid(oids.p256));

/** CsrAttrs in its first form (RFC 7030 4.5.2): the kind of key and the signature algorithm we like best, as DER. */
export const csrAttributes = (): Buffer =>
  sequence(sequence(oid(oids.ecPublicKey), setOf(oid(oids.p256))), oid(oids.ecdsaWithSha256));

/**
 * CsrAttrs as a template of the request (RFC 9908 3.4), as DER: version, subject, key algorithm, no attributes. Without
 * `commonName` the template asks for one and leaves it to the device.
 */
export const csrTemplate = (commonName?: string): Buffer => {
  const name =
    commonName === undefined ? sequence(setOf(sequence(oid(oids.commonName)))) : distinguishedName({ commonName });
  const key = tlv(0xa0, algorithm);
  // attributes are not optional there: an empty SET says that none are wanted.
  const template = sequence(integer(0), name, key, tlv(0xa1));
  return sequence(sequence(oid(oids.requestTemplate), setOf(template)));
};
