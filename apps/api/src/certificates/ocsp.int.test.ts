import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool } from '@muster/pki/fixtures/tool';
import { systemClock } from '@muster/runtime/clock/clock';
import { freePort } from '@muster/runtime/embedded/free-port';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DoorHarness, newRequest, openDoorHarness } from '../device-door/door.harness.js';
import { DevicesModule } from '../devices/devices.module.js';

let db: TestDatabase;
let door: DoorHarness;
let url: string;
let home: string;
let root: string;
let authority: { id: string; pem: string };

beforeAll(async () => {
  db = await testDatabase();
  const port = await freePort();
  door = await openDoorHarness(db.database, systemClock, [DevicesModule], { settings: { port } });
  await door.people.app.listen(port, '127.0.0.1');
  url = `http://127.0.0.1:${port}`;
  root = (await door.identity.door.hierarchy.root()).pem;
  const { id, pem } = await door.identity.door.hierarchy.issuing('device', 'acme');
  authority = { id, pem };
  home = mkdtempSync(join(tmpdir(), 'muster-ocsp-'));
  writeFileSync(join(home, 'root'), root);
  writeFileSync(join(home, 'ca'), pem);
});
afterAll(async () => {
  rmSync(home, { recursive: true, force: true });
  await door?.close();
  await db?.drop();
});

let serials = 0;
const enroll = async () => {
  const { token } = await door.token();
  const { csr } = newRequest();
  const answer = (await door.enroll(token, { csr, model: 'gw-1', serial: `o${++serials}` })).json();
  const { items } = (await door.people.as('viewer').get(`/devices/${answer.deviceId}/certificates`)).json();
  return { id: items[0].id as string, pem: answer.certificate as string };
};
const revoke = async ({ id }: { id: string }) => {
  const answer = await door.people.as('admin').post(`/certificates/${id}/revoke`, { reason: 'keyCompromise' });
  expect(answer.statusCode).toBe(200);
};
/** A program of Debian's beside our server, which is in this process: nobody may wait for it in the meantime. */
const ask = (program: string, pem: string, ...args: string[]): Promise<{ code: number; output: string }> => {
  writeFileSync(join(home, 'leaf'), pem);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: home });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk));
    child.once('error', reject).once('close', (code) => resolve({ code: code ?? -1, output }));
  });
};
const openssl = (pem: string, ...more: string[]) =>
  ask(
    'openssl',
    pem,
    'ocsp',
    '-issuer',
    'ca',
    ...more,
    '-cert',
    'leaf',
    '-url',
    `${url}/ocsp/${authority.id}`,
    '-CAfile',
    'root',
  );
const gnutls = (pem: string) =>
  ask('ocsptool', pem, `--ask=${url}/ocsp/${authority.id}`, '--load-issuer=ca', '--load-cert=leaf', '--load-trust=ca');
const strongswan = (pem: string) =>
  ask('pki', pem, '--verify', '--in', 'leaf', '--cacert', 'ca', '--cacert', 'root', '--online');

/** NSS takes no list with an Issuing Distribution Point; by OCSP it insists on an answer here, at the address in the leaf. */
const nss = (pem: string) => {
  const database = [
    'rm -rf nss && mkdir nss && certutil -N -d sql:nss --empty-password',
    'certutil -A -d sql:nss -n root -t CT,C,C -a -i root',
    'certutil -A -d sql:nss -n ca -t ,, -a -i ca',
  ];
  const words = '-d sql:nss -u 0 -pp -g leaf -h requireFreshInfo -m ocsp -s requireInfo -s failIfNoInfo -a leaf';
  return ask('sh', pem, '-c', [...database, `vfychain ${words}`].join(' && '));
};

const post = (body: Buffer, id = authority.id) =>
  fetch(`${url}/ocsp/${id}`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: { 'content-type': 'application/ocsp-request' },
  });
const status = async (answer: Response) =>
  Buffer.from(await answer.arrayBuffer())
    .subarray(0, 5)
    .toString('hex');
const [malformed, unauthorized] = ['30030a0101', '30030a0106'];
const requestFor = (pem: string, ...more: string[]): Buffer =>
  tool(
    'openssl',
    { ca: authority.pem, leaf: pem },
    'ocsp',
    '-issuer',
    '@ca',
    ...more,
    '-cert',
    '@leaf',
    '-reqout',
    '@out',
  ).made!;

describe('the responder', () => {
  it('tells openssl, GnuTLS, strongSwan and NSS the truth before and right after a revocation', async () => {
    const one = await enroll();
    for (const hash of ['-sha1', '-sha256'])
      expect((await openssl(one.pem, hash)).output).toMatch(
        /Response verify OK[\s\S]*: good|: good[\s\S]*Response verify OK/,
      );
    expect((await gnutls(one.pem)).output).toMatch(/Certificate Status: good[\s\S]*Success/);
    const before = await strongswan(one.pem);
    expect(before.output).toContain('certificate status is good');
    expect(before.code).toBe(0);
    expect(await nss(one.pem)).toEqual({ code: 0, output: expect.stringContaining('Chain is good') });
    await revoke(one);
    expect((await openssl(one.pem, '-no_nonce')).output).toMatch(/: revoked[\s\S]*Reason: keyCompromise/);
    expect((await gnutls(one.pem)).output).toContain('Certificate Status: revoked');
    const after = await strongswan(one.pem);
    expect(after.output).toContain('revoked');
    expect(after.code).not.toBe(0);
    expect(await nss(one.pem)).toEqual({ code: 1, output: expect.stringContaining('has been revoked') });
  });

  it('answers a GET that proxies may repeat for seconds, and again with the same bytes until something changes', async () => {
    const one = await enroll();
    const request = requestFor(one.pem, '-no_nonce').toString('base64');
    const get = async (path = encodeURIComponent(request)) => {
      const answer = await fetch(`${url}/ocsp/${authority.id}/${path}`);
      return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
    };
    const [first, again, raw] = [await get(), await get(), await get(request)];
    expect(first.answer.headers.get('content-type')).toBe('application/ocsp-response');
    expect(first.answer.headers.get('cache-control')).toMatch(/^public, max-age=10,/);
    expect(again.bytes.equals(first.bytes) && raw.bytes.equals(first.bytes)).toBe(true);
    await revoke(one);
    expect((await get()).bytes.equals(first.bytes)).toBe(false);
  });

  it('repeats no answer to a question with a nonce', async () => {
    const request = requestFor((await enroll()).pem);
    const [one, two] = [await post(request), await post(request)];
    expect(one.headers.get('cache-control')).toBe('no-store');
    expect(Buffer.from(await one.arrayBuffer()).equals(Buffer.from(await two.arrayBuffer()))).toBe(false);
  });

  it('does not know what it did not issue, and answers for nobody else', async () => {
    const stranger = requestFor((await enroll()).pem);
    const bootstrap = await door.identity.door.hierarchy.issuing('bootstrap', null);
    expect(await status(await post(stranger, bootstrap.id))).toBe(unauthorized);
    expect(await status(await post(stranger, authority.id.replace(/.$/, 'f')))).toBe(unauthorized);
    const never = ['-issuer', '@ca', '-serial', '0x4711'];
    const unknown = tool('openssl', { ca: authority.pem }, 'ocsp', '-no_nonce', ...never, '-reqout', '@out').made!;
    const answer = tool(
      'openssl',
      { ca: authority.pem, root, answer: Buffer.from(await (await post(unknown)).arrayBuffer()) },
      ...['ocsp', '-no_nonce', '-respin', '@answer', ...never, '-CAfile', '@root'],
    );
    expect(answer.output).toContain(': unknown');
  });

  it('calls garbage malformed, and does not read what is too much', async () => {
    for (const body of [Buffer.alloc(0), Buffer.from('hello'), Buffer.alloc(300, 0x30), Buffer.alloc(4_000, 0xff)])
      expect(await status(await post(body))).toBe(malformed);
    expect((await post(Buffer.alloc(100_000))).status).toBe(413);
    for (const path of ['not-base64!', 'a'.repeat(6_000)])
      expect(await status(await fetch(`${url}/ocsp/${authority.id}/${path}`))).toBe(malformed);
  });

  it('answers under a certificate of its own, which is on record and may do nothing else', async () => {
    const rows = await db.database.system((tx) =>
      tx.query<{ pem: string }>('select certificate_pem as pem from ocsp_responders where authority_id = $1', [
        authority.id,
      ]),
    );
    expect(rows).toHaveLength(1);
    const text = tool('openssl', { leaf: rows[0]!.pem }, 'x509', '-in', '@leaf', '-noout', '-text').output;
    expect(text).toMatch(/Extended Key Usage:\s*OCSP Signing/);
    expect(text).toContain('OCSP No Check');
  });
});

describe('the certificate of an authority', () => {
  it('is where certificates point', async () => {
    const answer = await fetch(`${url}/ca/${authority.id}.cer`);
    expect(answer.headers.get('content-type')).toBe('application/pkix-cert');
    const der = Buffer.from(await answer.arrayBuffer());
    expect(tool('openssl', { der }, 'x509', '-inform', 'der', '-in', '@der').output).toBe(authority.pem);
    expect((await fetch(`${url}/ca/x.cer`)).status).toBe(404);
  });
});
