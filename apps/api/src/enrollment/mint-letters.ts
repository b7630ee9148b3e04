import { randomBytes } from 'node:crypto';

const alphabet = 'abcdefghjkmnpqrstuvwxyz023456789';

/** Unbiased letters and digits, five bits each: 32 of them hold 160 bits. */
export const mintLetters = (count: number): string =>
  Array.from(randomBytes(count), (byte) => alphabet[byte & 31]).join('');
