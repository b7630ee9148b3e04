/**
 * Chance by name instead of by stream: the same words give the same number whatever was drawn before, so one more device
 * or one more event changes nothing for the others.
 */
export function chance(...words: readonly (string | number)[]): number {
  let h = 0x811c9dc5;
  for (const word of words) {
    const text = `${word}|`;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  }
  // FNV-1a alone leaves near neighbours near; two xor-multiply rounds (the finaliser of MurmurHash3) spread them.
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 0x1_0000_0000;
}

/** A counted stream of chance for one device, as the agent's ports want it. */
export function chanceStream(...words: readonly (string | number)[]): () => number {
  let n = 0;
  return () => chance(...words, n++);
}
