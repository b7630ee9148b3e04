import { describe, expect, it } from 'vitest';
import { authorBlocksSigning, signerBlocksLaunch } from './judge-signer.js';

const hands = { createdById: 'ann', signedById: 'ben' };

describe('duties kept apart', () => {
  it('stop the author at signing and the signer at launching', () => {
    expect([authorBlocksSigning(true, hands, 'ann'), authorBlocksSigning(true, hands, 'ben')]).toEqual([true, false]);
    expect([signerBlocksLaunch(true, hands, 'ben'), signerBlocksLaunch(true, hands, 'ann')]).toEqual([true, false]);
  });

  it('stop nobody when they are not asked for, or when nobody is known', () => {
    expect([authorBlocksSigning(false, hands, 'ann'), signerBlocksLaunch(false, hands, 'ben')]).toEqual([false, false]);
    const unknown = { createdById: null, signedById: null };
    expect([authorBlocksSigning(true, unknown, 'ann'), signerBlocksLaunch(true, unknown, 'ben')]).toEqual([
      false,
      false,
    ]);
  });
});
