export type CsrFaultCode =
  | 'csr_malformed'
  | 'csr_not_der'
  | 'csr_pop_failed'
  | 'csr_key_not_allowed'
  | 'csr_sig_alg_not_allowed'
  | 'csr_extension_not_allowed'
  | 'identity_mismatch';

export class CsrFault extends Error {
  override name = 'CsrFault';
  constructor(
    readonly code: CsrFaultCode,
    detail: string,
  ) {
    super(detail);
  }
}

/** Who the request may claim to be; null while the device has no identity yet (then subject and SAN must be absent). */
export interface ExpectedIdentity {
  readonly deviceId: string;
  readonly uri: string;
}
