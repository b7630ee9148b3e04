import { createHash } from 'node:crypto';
import { type AcceptedRequest, acceptRequest } from '@muster/pki/csr/accept-request';
import { CsrFault, type ExpectedIdentity } from '@muster/pki/csr/csr-fault';
import type { TrustedAuthorities } from '@muster/pki/path/validate-device-path';
import { Refusal } from '../http/refusal.js';

/** The request gate, with its faults as refusals. `serial` is the number the device claims; see checkSubject. */
export const acceptCsr = async (
  csr: string,
  expected: ExpectedIdentity | null,
  blockedKeys?: ReadonlySet<string>,
  serial?: string,
): Promise<AcceptedRequest> => {
  try {
    return await acceptRequest(csr, expected, blockedKeys, serial);
  } catch (fault) {
    throw asRefusal(fault);
  }
};

/** A CsrFault as the refusal a device gets; anything else as it came. */
export const asRefusal = (fault: unknown): unknown =>
  fault instanceof CsrFault ? new Refusal(fault.code, `${fault.message}.`) : fault;

const known = new WeakMap<TrustedAuthorities, ReadonlySet<string>>();

/** SHA-256 of our authorities' keys: none of them is ever the key of a device. */
export const authorityKeys = (trusted: TrustedAuthorities): ReadonlySet<string> => {
  const made = known.get(trusted);
  if (made) return made;
  const authorities = [...trusted.roots, ...trusted.deviceAuthorities.map(({ certificate }) => certificate)];
  const hashes = authorities.map(({ publicKey }) =>
    createHash('sha256')
      .update(publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  );
  const keys: ReadonlySet<string> = new Set(hashes);
  known.set(trusted, keys);
  return keys;
};
