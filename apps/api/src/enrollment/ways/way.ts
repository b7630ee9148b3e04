import type { CertificateSource } from '@muster/contracts/certificates/certificates.schema';
import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import type { ProblemCode } from '@muster/contracts/problem';
import type { Result } from '@muster/domain/result';
import type { Tx } from '@muster/persistence/database';
import type { ApprovalKind } from '@muster/persistence/enrollment/approval.store';
import type { NewLetter } from '@muster/persistence/outbox/outbox.store';
import type { AcceptedRequest } from '@muster/pki/csr/accept-request';

/**
 * `one`: the credential. `many`: each serial number claimed with it, or a device in a loop would keep the others out; and all
 * of them together at another pace. `nobody`: nothing was shown that a stranger could not send as well.
 */
export type HeldBy = 'one' | 'many' | 'nobody';

/** A credential whose holder and tenant are known. It is judged with its row locked. */
export interface Way {
  readonly tenantId: string;
  readonly source: CertificateSource;
  readonly tokenId: string | null;
  /** What refusals are recorded and slowed down by, e.g. `enrollment_token:…`. */
  readonly resource: string;
  /** Whom refusals slow down beside their address. */
  readonly heldBy: HeldBy;
  /** Locks the row of the credential and judges it, inside the enrolment's transaction. */
  enter(tx: Tx, asked: Asked, now: Date): Promise<Entry>;
}

export interface Asked {
  readonly claim: EnrollRequest;
  readonly request: AcceptedRequest;
}

/** A credential with its row locked, as it stands now. */
export interface Entry {
  /** For the timeline: `token Rack 7`. */
  readonly via: string;
  /** While it lives, the same key gets the certificate it got, even when the credential is spent. */
  readonly alive: boolean;
  /** The batch, manufacturer, registered key or approval; null for a token, which certificates name by itself. */
  readonly sourceId: string | null;
  /** Whether it speaks for this very serial number, and not for any. */
  readonly bound: boolean;
  /** What a device that is new gets. */
  readonly place: Place;
  /** As what a person is asked; null when nobody ever is. */
  readonly kind: ApprovalKind | null;
  readonly verdict: Result<'admit' | 'ask', ProblemCode>;
  /** Counts the use in the same transaction; returns the letter that tells of it. */
  spend(deviceId: string): Promise<NewLetter | null>;
}

export interface Place {
  readonly class: string;
  readonly site: string | null;
  readonly labels: Readonly<Record<string, string>>;
}
