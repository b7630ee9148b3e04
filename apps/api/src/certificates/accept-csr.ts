import { type AcceptedRequest, acceptRequest } from '@muster/pki/csr/accept-request';
import { CsrFault, type ExpectedIdentity } from '@muster/pki/csr/csr-fault';
import { Refusal } from '../http/refusal.js';

/** The request gate, with its faults as refusals. */
export const acceptCsr = async (
  csr: string,
  expected: ExpectedIdentity | null,
  blockedKeys?: ReadonlySet<string>,
): Promise<AcceptedRequest> => {
  try {
    return await acceptRequest(csr, expected, blockedKeys);
  } catch (fault) {
    if (fault instanceof CsrFault) throw new Refusal(fault.code, `${fault.message}.`);
    throw fault;
  }
};
