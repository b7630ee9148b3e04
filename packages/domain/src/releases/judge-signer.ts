/** Who drafted and who signed a release, by id; null when that was before ids were kept, or has not happened. */
export interface Hands {
  readonly createdById: string | null;
  readonly signedById: string | null;
}

/** With duties kept apart, whoever drafted a release may not sign it. */
export const authorBlocksSigning = (separateSigner: boolean, hands: Hands, signerId: string): boolean =>
  separateSigner && hands.createdById === signerId;

/** With duties kept apart, whoever signed a release may not launch or approve a campaign that brings it. */
export const signerBlocksLaunch = (separateSigner: boolean, hands: Hands, launcherId: string): boolean =>
  separateSigner && hands.signedById === launcherId;
