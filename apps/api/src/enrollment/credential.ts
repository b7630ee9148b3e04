import type { CertificateRow } from '@muster/persistence/certificates/certificate.store';

/**
 * What a device asks to be let in by. `tenant` is the one the caller addressed, by the label of an EST path or in the body;
 * a credential of another tenant is then as unknown as one that never was.
 */
export type Credential =
  | { readonly kind: 'token'; readonly bearer: string; readonly tenant?: string | null }
  /** As TLS presented it, DER, leaf first; possession of its key is proven by the handshake. Judged by us, not by TLS. */
  | { readonly kind: 'certificate'; readonly chain: readonly Buffer[]; readonly tenant?: string | null }
  /** The key in the request is known already, or a person decides where the tenant allows that. */
  | { readonly kind: 'none'; readonly tenant: string | null };

/** Where a request comes from, for limits and for the person who decides. */
export interface Origin {
  readonly address: string;
}

/** A person has not decided yet; the same request again after `retryAfterS` seconds. */
export interface Pending {
  readonly kind: 'pending';
  readonly approvalId: string;
  /** Whether this is the first time it asks. */
  readonly isNew: boolean;
  /** The fingerprint of the key, as the device shows it. */
  readonly words: readonly string[];
  readonly retryAfterS: number;
}

export type Enrolled = { readonly kind: 'issued'; readonly row: CertificateRow } | Pending;
