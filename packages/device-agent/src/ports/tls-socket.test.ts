import { createPublicKey } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueCross } from '@muster/pki/authority/issue-cross';
import { issueDeviceLeaf, issueServerLeaf } from '@muster/pki/authority/issue-leaf';
import { generateDeviceKey, keyToPem } from '@muster/pki/client/device-key';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { afterEach, describe, expect, test } from 'vitest';
import { openTls } from './tls-socket.js';

const DAY = 86_400_000;
const YEAR = 365 * DAY;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Wish {
  /** When everything was issued, in milliseconds from now. */
  at?: number;
  kind?: 'server' | 'device';
  hosts?: [string, string];
}

/** A server whose whole chain is of another time; where our clock is right, that is a device whose clock is wrong. */
async function serve({ at = 0, kind = 'server', hosts = ['localhost', '127.0.0.1'] }: Wish = {}) {
  const now = new Date(Date.now() + at);
  const signer = async () => keySigner(await generatePrivateKey('ES256'));
  const root = await issueRoot({ organization: 'Muster test', signer: await signer(), now });
  const issuing = await issueAuthority(root, {
    organization: 'Muster test',
    kind,
    generation: 1,
    signer: await signer(),
    now,
  });
  const key = generateDeviceKey();
  const publicKey = createPublicKey(key);
  const device = { domain: 'x', tenant: 'acme', deviceId: '0192f0c1-2b3c-7d4e-8f50-000000000001', crlUri: 'http://x' };
  const leaf =
    kind === 'server'
      ? await issueServerLeaf(issuing, { hosts, publicKey }, { now })
      : await issueDeviceLeaf(issuing, { ...device, publicKey }, { now });
  // During a rollover servers present the new root under the old one, too.
  const old = await issueRoot({ organization: 'Muster test', generation: 0, signer: await signer(), now });
  const cross = await issueCross(root, old, now);
  const ladder = [leaf.pem, issuing.pem, cross, root.pem, old.pem].join('\n');
  const server = createServer({ key: keyToPem(key), cert: ladder }, (socket) => {
    socket.on('error', () => undefined);
    socket.end('hello');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, root: root.pem, oldRoot: old.pem };
}

async function reach(port: number, root: string, serverTime?: string, host = '127.0.0.1'): Promise<string> {
  try {
    const tls = { root, ...(serverTime !== undefined && { serverTime }) };
    const socket = await openTls({ host, port, tls, timeoutMs: 5_000 });
    socket.destroy();
    return 'in';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a TLS connection', () => {
  test('stands with a chain that is valid now, under any of several roots', async () => {
    const { port, root } = await serve();
    const other = await serve();
    expect(await reach(port, root)).toBe('in');
    expect(await reach(port, `${other.root.trim()}\n${root}`)).toBe('in');
    expect(await reach(port, other.root)).toMatch(/not accepted/);
  });

  test('stands where our clock is at 1970 or ten years ahead', async () => {
    const future = await serve({ at: 56 * YEAR });
    expect(await reach(future.port, future.root)).toBe('in');
    const past = await serve({ at: -10 * YEAR });
    expect(await reach(past.port, past.root)).toBe('in');
    expect(await reach(past.port, past.root, new Date(Date.now() - 10 * YEAR).toISOString())).toBe('in');
  });

  test('stands in a rollover for who knows the old root alone, with a right clock and with a wrong one', async () => {
    for (const at of [0, -2 * YEAR]) {
      const { port, oldRoot } = await serve({ at });
      expect(await reach(port, oldRoot)).toBe('in');
    }
  });

  test('falls where the chain ended before the last time a server told', async () => {
    const { port, root } = await serve({ at: -2 * YEAR });
    expect(await reach(port, root, new Date(Date.now() - YEAR).toISOString())).toMatch(/before the last time/);
  });

  test('falls for a false chain, whatever time it is of', async () => {
    const [genuine, fake] = [await serve({ at: -2 * YEAR }), await serve({ at: -2 * YEAR })];
    expect(await reach(fake.port, genuine.root)).toMatch(/does not lead to a root of ours|not accepted/);
    const device = await serve({ at: -2 * YEAR, kind: 'device' });
    expect(await reach(device.port, device.root)).toMatch(/not accepted/);
    const elsewhere = await serve({ at: -2 * YEAR, hosts: ['elsewhere.example', '10.0.0.9'] });
    expect(await reach(elsewhere.port, elsewhere.root)).toMatch(/not for 127.0.0.1/);
  });
});
