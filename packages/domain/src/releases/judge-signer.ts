/** Ids of those who had a hand in something: the principal itself, and the person behind an API key. */
export type Hands = ReadonlySet<string>;

const share = (a: Hands, b: Hands): boolean => [...a].some((id) => b.has(id));

/** With duties kept apart, whoever drafted a release may not sign it. */
export const authorBlocksSigning = (separateSigner: boolean, authors: Hands, signing: Hands): boolean =>
  separateSigner && share(authors, signing);

/** With duties kept apart, whoever signed a release may not launch or approve a campaign that brings it. */
export const signerBlocksLaunch = (separateSigner: boolean, signers: Hands, launching: Hands): boolean =>
  separateSigner && share(signers, launching);
