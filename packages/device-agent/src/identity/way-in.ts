import { isKeyOf, keyFromPem } from '@muster/pki/client/device-key';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import type { Pkcs12 } from '../ports/net.js';
import { EnrollmentRefused } from './read-answer.js';

/** A certificate that lets a device in: that of a claim batch, or the one it was made with. PEM, leaf first, then its issuers. */
export interface EntryCertificate {
  certificate: string;
  key: string;
}

/**
 * What a device has to be let in by. A token brings the root with it; beside anything else stands the SHA-256 of the root,
 * hex. Without a certificate it is the key that is known (registered before), or a person of the tenant who lets it in.
 */
export type WayIn =
  | { token: string }
  | { entry: EntryCertificate | Pkcs12; rootSha256: string; key?: string }
  | { rootSha256: string; key?: string; tenant?: string };

export interface OpenedWay {
  rootSha256: string;
  headers: Record<string, string>;
  tls: Partial<EntryCertificate & Pkcs12>;
  /** The key the device is to have; absent for one made for the occasion. */
  key: string | undefined;
  tenant: string | undefined;
}

/** Checks what can be checked before anything is asked. Throws EnrollmentRefused with a sentence. */
export function openWay(way: WayIn): OpenedWay {
  const none = { headers: {}, tls: {}, key: undefined, tenant: undefined };
  if ('token' in way) {
    const credential = parseEnrollmentToken(way.token);
    if (!credential)
      throw new EnrollmentRefused('token_invalid', 'this is not an enrolment token; copy the whole command again');
    return { ...none, rootSha256: credential.rootSha256, headers: { authorization: `Bearer ${way.token.trim()}` } };
  }
  const rootSha256 = readRootSha256(way.rootSha256);
  const { key } = way;
  if (key !== undefined) checkKey(key, 'the key');
  if (!('entry' in way)) return { ...none, rootSha256, key, tenant: way.tenant };
  if ('certificate' in way.entry) checkEntry(way.entry);
  return { ...none, rootSha256, key, tls: way.entry };
}

/** As people copy it: 64 hex digits, with or without colons, in any case. */
export function readRootSha256(text: string): string {
  const digits = text.replace(/[:\s]/g, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digits))
    throw new EnrollmentRefused('root_pin_malformed', 'the SHA-256 of the root certificate has 64 hex digits');
  return digits;
}

function checkEntry({ certificate, key }: EntryCertificate): void {
  checkKey(key, 'the key of the certificate');
  try {
    if (isKeyOf(keyFromPem(key), certificate)) return;
  } catch {
    throw new EnrollmentRefused('certificate_malformed', 'the certificate cannot be read; it is expected as PEM');
  }
  throw new EnrollmentRefused('key_mismatch', 'the key is not that of the certificate');
}

function checkKey(pem: string, what: string): void {
  try {
    keyFromPem(pem);
  } catch {
    throw new EnrollmentRefused('key_malformed', `${what} cannot be read; it is expected as PEM, without a password`);
  }
}
