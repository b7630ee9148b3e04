import { wordlist } from '@scure/bip39/wordlists/english.js';

const WORDS = 6;
const BITS_A_WORD = 11n;

/**
 * A key's fingerprint as people compare it: the first 66 bits of its SHA-256 (64 lower-case hex digits, over the subject
 * public key info) as six words of the English BIP-39 list, most significant first. Server and device show the same words.
 * @throws RangeError when it is no SHA-256 in hex
 */
export const fingerprintWords = (keySha256: string): string[] => {
  if (!/^[0-9a-f]{64}$/.test(keySha256)) throw new RangeError('not a SHA-256 in lower-case hex');
  const bits = BigInt(`0x${keySha256.slice(0, 18)}`) >> 6n;
  return Array.from({ length: WORDS }, (_, at) => {
    const word = (bits >> (BITS_A_WORD * BigInt(WORDS - 1 - at))) & 0x7ffn;
    return wordlist[Number(word)]!;
  });
};
