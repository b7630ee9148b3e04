import { lookup as resolve } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const PATIENCE_MS = 15_000;

/** What does not lead out: this host, private and link-local networks (cloud metadata lives there), and reserved ranges (RFC 6890). */
const inside = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  inside.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inside.addSubnet(network, prefix, 'ipv6');

export const isPublicAddress = (address: string): boolean =>
  !inside.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Looks up and refuses in one step: checking first and connecting later would let the name change in between. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const outside = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = outside;
    if (first === undefined) return callback(new Error(`${hostname} has no public address`), '', 0);
    if (options.all) return callback(null, outside);
    return callback(null, first.address, first.family);
  });
};

/**
 * Posts a body to an address a user named and returns the status. Follows no redirect; without `allowPrivate` it connects
 * to public addresses only, so that nobody reaches our own network through us.
 */
export const publicPost = (
  target: string,
  body: string,
  headers: Record<string, string>,
  { allowPrivate }: { allowPrivate: boolean },
): Promise<number> =>
  new Promise((settle, reject) => {
    const url = new URL(target);
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (!allowPrivate && isIP(literal) !== 0 && !isPublicAddress(literal)) {
      reject(new Error(`${literal} is not a public address`));
      return;
    }
    const post = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = post(url, {
      method: 'POST',
      agent: false,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      ...(!allowPrivate && { lookup: publicLookup }),
    });
    request.on('error', reject);
    request.on('response', (response) => {
      response.resume().destroy();
      settle(response.statusCode ?? 0);
    });
    request.end(body);
  });
