import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { connect, type TLSSocket } from 'node:tls';
import { alternativeHost, subjectAltName } from '@muster/pki/authority/extensions';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asking, nested, pem } from './crafted-csr.harness.js';
import { type EstHarness, openEst } from './est.harness.js';

let test: TestDatabase;
let est: EstHarness;
let token: string;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  est = await openEst(test.database, clock);
  ({ token } = await est.door.token({ model: 'gw-1', serial: 'AT-1', expiresInS: 7 * 86_400 }));
});
afterAll(async () => {
  await est?.close();
  await test?.drop();
});

const enroll = (body: string | Buffer, changes: object = {}) => {
  // So many refusals in one breath would be slowed down, which is another test.
  clock.advance(60_000);
  return est.call('simpleenroll', {
    label: 'acme',
    body,
    token,
    headers: { accept: 'application/problem+json' },
    ...changes,
  });
};
describe('a body', () => {
  it.each([
    ['application/json', '{"csr":"x"}'],
    ['application/json', '{'],
    ['text/plain', 'x'],
    ['application/octet-stream', 'x'],
    ['application/pkcs10-other', 'x'],
  ])('of %s is not read: %s', async (type, body) => {
    for (const operation of ['simpleenroll', 'simplereenroll'])
      expect((await est.call(operation, { body, type, token })).status).toBe(415);
  });

  it('of application/pkcs10 is read by EST alone', async () => {
    for (const path of ['/device/v1/enroll', '/device/v1/renew']) {
      const headers = { 'content-type': 'application/pkcs10' };
      expect((await est.door.send('POST', path, { body: Buffer.from('x'), headers })).status, path).toBe(415);
    }
  });

  it('of more than 16 KiB is refused before it has come, also without a length', async () => {
    const big = await enroll(Buffer.alloc(10 * 1024 * 1024, 0x41));
    expect([big.status, big.json().code]).toEqual([413, 'payload_too_large']);
    expect((await enroll(Buffer.alloc(16 * 1024 + 1, 0x41))).status).toBe(413);
    // JSON has names and line breaks around it.
    const json = await est.door.enroll(token, { csr: 'A'.repeat(33 * 1024), model: 'gw-1', serial: 'AT-1' });
    expect([json.status, json.json().code]).toEqual([413, 'payload_too_large']);
    const socket = await opened('Transfer-Encoding: chunked');
    const answered = once(socket, 'data');
    for (let i = 0; i < 20; i++) socket.write(`400\r\n${'A'.repeat(1024)}\r\n`);
    expect(String(await answered)).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it('that comes drop by drop ends after ten seconds', { timeout: 30_000 }, async () => {
    const socket = await opened('Content-Length: 1000');
    const started = performance.now();
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write('A');
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - started).toBeLessThan(15_000);
  });
});

/** A request whose body does not come. */
const opened = async (header: string): Promise<TLSSocket> => {
  const socket = connect({ port: est.door.port, host: '127.0.0.1', servername: 'localhost', ca: est.door.tls.ca });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  const head = [
    'POST /.well-known/est/simpleenroll HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/pkcs10',
    header,
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  return socket;
};

describe('the event loop', () => {
  const text = (lines: number) => `-----BEGIN CERTIFICATE REQUEST-----\n${'a:\n a: '.repeat(lines)}`;

  it.each([
    ['40 ambiguous header lines', () => text(40)],
    ['as many ambiguous header lines as fit', () => text(2_300)],
    ['16 KiB of base64 without end', () => 'A'.repeat(16 * 1024)],
    ['elements as deep as fit', () => nested(2_500).toString('base64')],
    ['hundreds of names', () => pem(asking(subjectAltName(...Array(900).fill(alternativeHost('a.example')))))],
  ])('is not held up by %s', async (_, body) => {
    const sent = body();
    expect(Buffer.byteLength(sent)).toBeLessThanOrEqual(16 * 1024);
    let shortest = Number.POSITIVE_INFINITY;
    // The machine has other work too; what our code costs is the least of some tries.
    for (let i = 0; i < 5; i++) {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const answer = await enroll(sent);
      delay.disable();
      expect(answer.status).toBe(400);
      shortest = Math.min(shortest, delay.max / 1e6);
    }
    expect(shortest).toBeLessThan(50);
  });
});
