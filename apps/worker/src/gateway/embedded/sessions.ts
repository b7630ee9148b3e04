import type { ProblemCode } from '@muster/contracts/problem';

/** What a client certificate entitles to. */
export interface SessionGrant {
  readonly tenant: string;
  readonly deviceId: string;
  readonly fingerprint: string;
  /** When the session ends: with the certificate, or with the overlap of one that is superseded. */
  readonly notAfter: Date;
}

/** Decides every CONNECT from the certificate's SHA-256 (hex, lower case); the answer is a grant or the refusal's code. */
export interface ConnectAuthority {
  authorise(fingerprint: string): Promise<SessionGrant | { readonly refused: ProblemCode }>;
}

/** What a session may, and where it came from. */
export type Standing = SessionGrant & { readonly address: string };

/** Whoever is taken over from the same place has not left it. */
export const isSamePlace = (one: Standing, other: Standing | undefined): boolean =>
  one.address === other?.address && one.fingerprint === other.fingerprint;
