import { done, type Result, refused } from '../result.js';

export interface TokenFacts {
  readonly maxUses: number;
  readonly uses: number;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
  /** Bounds the token to one hardware model or one serial number; null means any. */
  readonly model: string | null;
  readonly serial: string | null;
}

type TokenCode = 'token_invalid' | 'token_expired' | 'token_spent' | 'identity_mismatch';

/** Whether a token whose secret was proven lets this device in. A repeated request of the same key is judged before. */
export const judgeToken = (
  token: TokenFacts,
  device: { readonly model: string; readonly serial: string },
  now: Date,
): Result<void, TokenCode> => {
  // Revoked looks like unknown: who holds it need not learn more.
  if (token.revokedAt) return refused('token_invalid', 'The token is unknown.');
  if (now >= token.expiresAt) return refused('token_expired', 'Ask for a new token.');
  if (token.uses >= token.maxUses) return refused('token_spent', 'The token has been used as often as it allows.');
  if (token.model !== null && token.model !== device.model) {
    return refused('identity_mismatch', 'The token is for another hardware model.');
  }
  if (token.serial !== null && token.serial !== device.serial) {
    return refused('identity_mismatch', 'The token is for another serial number.');
  }
  return done(undefined);
};
