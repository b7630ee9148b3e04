import { createHash } from 'node:crypto';
import type { RegisteredKeyRow } from '@muster/contracts/enrollment/bulk.schema';
import { checkKey } from '@muster/pki/csr/check-key';
import { CsrFault } from '@muster/pki/csr/csr-fault';
import { fromPem } from '@muster/pki/der/pem';
import { DerFault, readDer } from '@muster/pki/der/read';
import type { z } from 'zod';
import type { ReadRow } from './read-rows.js';

type Row = z.output<typeof RegisteredKeyRow>;
export type KeyedRow = Row & { readonly keyHash: string };

/** The row with the SHA-256 of its key: as it was given, or of the public key (PEM or base64 DER) that was. */
export const withKeyHash = (read: ReadRow<Row>): ReadRow<KeyedRow> => {
  if (!read.ok) return read;
  const { keySha256, publicKey } = read.value;
  if (keySha256 !== undefined) return { ...read, value: { ...read.value, keyHash: keySha256 } };
  const decoded = fromPem(publicKey!, ['PUBLIC KEY']);
  if (!decoded.ok) return { row: read.row, ok: false, message: 'publicKey: is neither PEM nor base64' };
  try {
    checkKey(readDer(decoded.der));
  } catch (fault) {
    if (!(fault instanceof CsrFault) && !(fault instanceof DerFault)) throw fault;
    return { row: read.row, ok: false, message: `publicKey: ${fault.message}` };
  }
  const keyHash = createHash('sha256').update(decoded.der).digest('hex');
  return { ...read, value: { ...read.value, keyHash } };
};
