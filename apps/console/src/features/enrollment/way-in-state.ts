interface Ends {
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

/** Whether a token or batch still lets anybody in, and if not, why. */
export const wayInState = (
  { expiresAt, revokedAt }: Ends,
  used: number,
  quota: number,
  now: number,
): 'open' | 'spent' | 'over' | 'revoked' =>
  revokedAt !== null ? 'revoked' : used >= quota ? 'spent' : Date.parse(expiresAt) <= now ? 'over' : 'open';
