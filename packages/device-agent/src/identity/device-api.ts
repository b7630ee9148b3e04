import { RenewalInfo } from '@muster/contracts/certificates/certificates.schema';
import { z } from 'zod';
import type { HttpAnswer, HttpRequest, Net } from '../ports/net.js';
import { readText } from '../ports/net.js';
import type { Identity } from './identity.js';
import { faultOf } from './read-answer.js';

const IDLE_TIMEOUT_MS = 30_000;
const MOST_BUNDLES_BYTES = 4 * 1024 * 1024;
const Bundles = z.looseObject({ bundles: z.array(z.string()) });

/** Asks the device API as `identity`, over mutual TLS. */
export function ask(
  net: Net,
  identity: Identity,
  request: Pick<HttpRequest, 'method' | 'body'> & { path: string },
): Promise<HttpAnswer> {
  const { path, ...rest } = request;
  return net.request({
    ...rest,
    url: `${identity.apiUrl}${path}`,
    headers: rest.body === undefined ? {} : { 'content-type': 'application/json' },
    tls: identity,
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  });
}

/** When the server wants this certificate renewed. Throws as `faultOf` says. */
export async function readRenewalInfo(answer: HttpAnswer): Promise<RenewalInfo> {
  const text = await readText(answer);
  if (answer.status !== 200) throw faultOf(answer, text);
  return RenewalInfo.parse(JSON.parse(text));
}

/** Signed bundles after number `after`, oldest first; at most some of them. Throws as `faultOf` says. */
export async function bundlesAfter(net: Net, identity: Identity, after: number): Promise<string[]> {
  const answer = await ask(net, identity, { method: 'GET', path: `/device/v1/trust-bundles?after=${after}` });
  const text = await readText(answer, MOST_BUNDLES_BYTES);
  if (answer.status !== 200) throw faultOf(answer, text);
  return Bundles.parse(JSON.parse(text)).bundles;
}
