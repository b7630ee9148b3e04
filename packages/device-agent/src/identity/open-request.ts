import { createHash, createPublicKey } from 'node:crypto';
import { generateDeviceKey, keyFromPem, keyToPem } from '@muster/pki/client/device-key';
import { fingerprintWords } from '@muster/pki/client/fingerprint-words';
import { writeRequest } from '@muster/pki/client/write-request';
import type { Files } from '../ports/files.js';

/** Where the coming identity is put together: first its key and request, then key and certificate. */
export const NEXT_IDENTITY = 'identity/next.json';

/** A request that is on its way or waits for a person. Asked again it is the same to the byte, so the server knows it. */
export interface OpenRequest {
  /** PEM, PKCS #8. */
  key: string;
  /** PKCS #10, PEM. */
  csr: string;
}

export interface RequestWish {
  /** For a renewal: the subject, and the key the request must not have. */
  of?: { deviceId: string; key: string };
  /** A key that is there already, PEM; without one the key is made. */
  key?: string;
}

/**
 * The request under way, or a new one. It is on disk before anything is asked, and the same one when power failed before
 * the answer was stored: the server answers a known key with the same certificate again, and a known request that waits
 * for a person with the same approval.
 */
export async function openRequest(files: Files, { of, key: given }: RequestWish = {}): Promise<OpenRequest> {
  const stored = await readRequest(files);
  // Power may have failed between storing an identity and clearing its request: that key is in use.
  const known = stored && stored.key !== of?.key && (given === undefined || stored.key === given) ? stored : null;
  if (known?.csr) return { key: known.key, csr: known.csr };
  const key = given ?? known?.key ?? keyToPem(generateDeviceKey());
  const request = { key, csr: writeRequest(keyFromPem(key), of?.deviceId) };
  await files.replace(NEXT_IDENTITY, JSON.stringify(request));
  return request;
}

/** Gives the request up: the next one has another key. */
export const dropRequest = (files: Files): Promise<void> => files.remove(NEXT_IDENTITY);

/** A certificate beside the key makes it an identity in waiting, which is no request. Agents before this one kept no `csr`. */
async function readRequest(files: Files): Promise<(Omit<OpenRequest, 'csr'> & { csr?: string }) | null> {
  const bytes = await files.read(NEXT_IDENTITY);
  const stored = bytes && (JSON.parse(bytes.toString()) as { key: string; csr?: string; certificate?: string });
  return stored?.certificate === undefined ? stored : null;
}

export interface KeyFingerprint {
  /** SHA-256 of the subject public key info, lower-case hex. */
  sha256: string;
  /** The same as words, for people who compare. */
  words: string[];
}

/** Made from our own key, never from what a server says: that is what comparing is for. */
export function fingerprintOfKey(pem: string): KeyFingerprint {
  const spki = createPublicKey(keyFromPem(pem)).export({ type: 'spki', format: 'der' });
  const sha256 = createHash('sha256').update(spki).digest('hex');
  return { sha256, words: fingerprintWords(sha256) };
}
