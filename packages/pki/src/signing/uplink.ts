import { createHash, createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { compactVerify } from 'jose';
import { parseStrictObject } from './strict-json.js';

/** `typ` of an uplink that proves its device by a signature, where no TLS does. */
export const uplinkType = 'uplink+jws';

/** What the protected header of a signed uplink says; not proven before `verifyUplink`. */
export interface UplinkClaim {
  /** SHA-256 of the certificate whose key signed, hex. */
  readonly fingerprint: string;
  readonly channel: string;
  readonly place: string | null;
}

const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
const algorithms = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256'];

/** Reads the header of a compact JWS (RFC 7515 7.1, `x5t#S256` of 4.1.8); null when it is no signed uplink. */
export const readUplinkClaim = (jws: string): UplinkClaim | null => {
  const header = parseStrictObject(Buffer.from(jws.split('.', 1)[0] ?? '', 'base64url').toString('utf8'));
  if (header?.typ !== uplinkType || header.crit !== undefined) return null;
  const { 'x5t#S256': thumbprint, channel = 'telemetry', place = null } = header;
  if (typeof thumbprint !== 'string' || !THUMBPRINT.test(thumbprint) || typeof channel !== 'string') return null;
  if (place !== null && typeof place !== 'string') return null;
  return { fingerprint: Buffer.from(thumbprint, 'base64url').toString('hex'), channel, place };
};

/** The payload when the key of the certificate (PEM) signed it, else null. */
export const verifyUplink = async (jws: string, certificate: string): Promise<Buffer | null> => {
  try {
    const { payload } = await compactVerify(jws, new X509Certificate(certificate).publicKey, { algorithms });
    return Buffer.from(payload);
  } catch {
    return null;
  }
};

/** As a device signs its uplink: P-256 with SHA-256 (ES256), over the payload, the channel and the place. */
export const signUplink = (
  key: KeyObject,
  certificate: X509Certificate,
  payload: Uint8Array,
  { channel, place }: { readonly channel?: string; readonly place?: string } = {},
): string => {
  if (!createPublicKey(key).equals(certificate.publicKey)) throw new Error('the key is not that of the certificate');
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url');
  const header = { alg: 'ES256', typ: uplinkType, 'x5t#S256': thumbprint, channel, place };
  const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
};
