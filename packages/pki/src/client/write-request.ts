import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { distinguishedName } from '../authority/names.js';
import { oids } from '../der/oids.js';
import { toPem } from '../der/pem.js';
import { bitString, integer, oid, sequence, tlv } from '../der/write.js';

/** A certificate request (PKCS #10, PEM) for an EC P-256 key: no attributes, subject empty or the device's own id. */
export const writeRequest = (privateKey: KeyObject, deviceId?: string): string => {
  const body = sequence(
    integer(0),
    deviceId === undefined ? sequence() : distinguishedName({ commonName: deviceId }),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    tlv(0xa0),
  );
  const signature = sign('sha256', body, { key: privateKey, dsaEncoding: 'der' });
  return toPem('CERTIFICATE REQUEST', sequence(body, sequence(oid(oids.ecdsaWithSha256)), bitString(signature)));
};
