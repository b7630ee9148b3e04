import type { FastifyRequest } from 'fastify';
import { presentedChain } from '../../device-door/presented-chain.js';
import { Refusal } from '../../http/refusal.js';
import type { Credential } from '../credential.js';

/** The user name of HTTP Basic: which device it is, as far as it says. */
export interface NamedDevice {
  readonly model?: string;
  readonly serial?: string;
}

export interface EstCredential {
  readonly credential: Credential;
  readonly named: NamedDevice;
}

/** A token has 131 characters, a name 200. */
const LONGEST = 1_024;

/**
 * The password of HTTP Basic is the enrolment token (RFC 7030 3.2.3) and its user name is `model/serial`, the serial number
 * alone, or anything when the token says both. Without a password the client certificate of the TLS connection counts.
 */
export const credentialOf = (request: FastifyRequest, tenant: string | null): EstCredential => {
  const { user, password } = basicOf(request.headers.authorization);
  const named = namesIn(user);
  if (password !== '') return { named, credential: { kind: 'token', bearer: password, tenant } };
  const chain = presentedChain(request);
  if (chain.length > 0) return { named, credential: { kind: 'certificate', chain, tenant } };
  return { named, credential: { kind: 'none', tenant } };
};

const basicOf = (header: string | undefined): { user: string; password: string } => {
  if (header === undefined) return { user: '', password: '' };
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(header) ?? [];
  if (encoded === undefined || encoded.length > LONGEST)
    throw new Refusal('unauthenticated', 'Send the enrolment token as the password of HTTP Basic.');
  // RFC 7617 2: the first colon parts the two.
  const [user = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { user, password: rest.join(':') };
};

const namesIn = (user: string): NamedDevice => {
  const slash = user.indexOf('/');
  const [model, serial] = slash < 0 ? ['', user] : [user.slice(0, slash), user.slice(slash + 1)];
  return { ...(model === '' ? {} : { model }), ...(serial === '' ? {} : { serial }) };
};
