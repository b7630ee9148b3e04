import type { TLSSocket } from 'node:tls';
import type { ProblemCode } from '@muster/contracts/problem';
import type { AuthenticateError } from 'aedes';

/** Return codes of a refused CONNECT (MQTT 3.1.1 3.2.2.3). */
const UNAVAILABLE = 3;
const NOT_AUTHORISED = 5;

export const refusal = (code: ProblemCode): AuthenticateError => {
  const later = code === 'rate_limited' || code === 'unavailable';
  return Object.assign(new Error(code), { returnCode: later ? UNAVAILABLE : NOT_AUTHORISED });
};

/**
 * Node destroys the socket of an untrusted certificate and says why only here. Null when the peer went away or was too slow:
 * that is nobody's refusal.
 */
export const codeOf = (error: NodeJS.ErrnoException, socket: TLSSocket): ProblemCode | null => {
  const why = socket.authorizationError as unknown as string | null;
  if (why === 'CERT_HAS_EXPIRED') return 'certificate_expired';
  return why !== null || error.code?.startsWith('ERR_SSL_') ? 'certificate_unknown' : null;
};
