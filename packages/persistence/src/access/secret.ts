import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits as text that fits in a URL, a header and a double click. */
export const mintSecret = (): string => randomBytes(32).toString('base64url');

/** What is kept of a secret. It has 256 bits of chance in it, so a plain hash is enough and a slow one would buy nothing. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');
