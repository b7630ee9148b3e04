import { type AcceptedRequest, acceptRequest } from '@muster/pki/csr/accept-request';
import { CsrFault, type ExpectedIdentity } from '@muster/pki/csr/csr-fault';
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
