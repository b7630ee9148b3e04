import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueServerLeaf } from '../authority/issue-leaf.js';
import { buildHierarchy, type Hierarchy, newKey } from '../fixtures/hierarchy.js';
import { formatEnrollmentToken, parseEnrollmentToken } from './enrollment-token.js';
import { fetchPinnedRoot, RootPinFault } from './fetch-pinned-root.js';

let h: Hierarchy;
let server: Server;
const port = () => (server.address() as AddressInfo).port;
const digest = (pem: string) => createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');

beforeAll(async () => {
  h = await buildHierarchy(new Date());
  const key = newKey();
  const leaf = await issueServerLeaf(
    h.server,
    { hosts: ['localhost', '127.0.0.1'], publicKey: createPublicKey(key) },
    { now: new Date() },
  );
  server = createServer({
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    cert: leaf.pem + h.server.pem + h.root.pem,
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

describe('a token as trust anchor', () => {
  it('finds the root it names in the chain the server presents', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const root = await fetchPinnedRoot({ host, port: port() }, digest(h.root.pem));
      expect(digest(root)).toBe(digest(h.root.pem));
    }
  });

  it('refuses a server under another root', async () => {
    await expect(fetchPinnedRoot({ host: '127.0.0.1', port: port() }, 'ab'.repeat(32))).rejects.toThrow(RootPinFault);
  });

  it('survives being written and read, and nothing else reads as one', () => {
    const credential = { prefix: 'abcdefghij', secret: 'a'.repeat(32), rootSha256: 'ab'.repeat(32) };
    expect(parseEnrollmentToken(formatEnrollmentToken(credential))).toEqual(credential);
    for (const bad of ['', 'mst_', 'mst_a_b_c', `${formatEnrollmentToken(credential)}x`]) {
      expect(parseEnrollmentToken(bad)).toBeUndefined();
    }
  });
});
