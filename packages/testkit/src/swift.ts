import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@muster/runtime/embedded/free-port';
import { PeerProcess } from './peer-process.js';

const script = fileURLToPath(new URL('../swift-server.py', import.meta.url));

/**
 * OpenStack Swift with its S3 interface: the S3-compatible store that Debian has. It checks AWS signatures (version 4)
 * and takes no `aws-chunked` bodies, as many stores do not. Objects live in its memory.
 */
export interface Swift {
  /** For MUSTER_ARTIFACTS_URL; the bucket does not exist yet. */
  artifactsUrl(bucket: string): string;
  /** What it was asked so far. */
  requests(): StoreRequest[];
  stop(): Promise<void>;
}

export interface StoreRequest {
  readonly method: string;
  /** `/bucket/key`. */
  readonly path: string;
  /** First byte of the range that was asked for; null without a range. */
  readonly from: number | null;
  readonly status: number;
}

export async function startSwift(home: string): Promise<Swift> {
  const folder = join(home, 'swift');
  mkdirSync(join(folder, 'disks', 'disk'), { recursive: true });
  const secret = randomBytes(12).toString('hex');
  for (const [name, text] of Object.entries(configuration(folder, secret))) writeFileSync(join(folder, name), text);
  const ports = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const [port] = ports;
  const server = new PeerProcess({
    program: '/usr/bin/python3',
    words: [script, folder, ...ports.map(String)],
    package: 'python3-swift',
    logFile: join(home, 'swift.log'),
    reach: () => fetch(`http://127.0.0.1:${port}/`),
  });
  await server.start();
  return {
    artifactsUrl: (bucket) => `s3://fleet%3Amuster:${secret}@127.0.0.1:${port}/${bucket}?tls=0`,
    requests: () => [...server.log().matchAll(/^request (\S+) (\S+) (\S+) (\d+)$/gm)].map(toRequest),
    stop: () => server.end('SIGKILL'),
  };
}

function toRequest([, method = '', path = '', range = '', status]: RegExpExecArray): StoreRequest {
  const from = /^bytes=(\d+)-/.exec(range)?.[1];
  return { method, path, from: from === undefined ? null : Number(from), status: Number(status) };
}

function configuration(folder: string, secret: string): Record<string, string> {
  const everywhere = { swift_dir: folder, devices: join(folder, 'disks'), mount_check: 'false' };
  const storage = (kind: string, app: string) =>
    ini({ DEFAULT: everywhere, [`app:${kind}`]: { use: `egg:swift#${app}` }, 'pipeline:main': { pipeline: kind } });
  const filters: Record<string, Record<string, string>> = {
    catch_errors: {},
    gatekeeper: {},
    // tempauth wants one; it also works when nothing answers there.
    cache: { use: 'egg:swift#memcache', memcache_servers: '127.0.0.1:1' },
    listing_formats: {},
    s3api: { location: 'us-east-1' },
    tempauth: { user_fleet_muster: `${secret} .admin` },
    slo: {},
  };
  const sections = Object.entries(filters).map(([name, given]) => [
    `filter:${name}`,
    { use: `egg:swift#${name}`, ...given },
  ]);
  return {
    'swift.conf': ini({ 'swift-hash': { swift_hash_path_suffix: 'muster' } }),
    'account.conf': storage('account', 'account'),
    'container.conf': storage('container', 'container'),
    'object.conf': storage('object', 'mem_object'),
    'proxy.conf': ini({
      DEFAULT: everywhere,
      'pipeline:main': { pipeline: [...Object.keys(filters), 'proxy-server'].join(' ') },
      'app:proxy-server': { use: 'egg:swift#proxy', account_autocreate: 'true' },
      ...Object.fromEntries(sections),
    }),
  };
}

const ini = (sections: Record<string, Record<string, string>>): string =>
  Object.entries(sections)
    .map(
      ([name, values]) =>
        `[${name}]\n${Object.entries(values)
          .map(([key, value]) => `${key} = ${value}\n`)
          .join('')}`,
    )
    .join('\n');
