import { X509Certificate } from 'node:crypto';
import { readCertsOnly } from '@muster/pki/cms/certs-only';
import { toPem } from '@muster/pki/der/pem';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTrustHarness, type TrustHarness } from '../../trust/trust.harness.js';
import { openBench } from './est.harness.js';

let test: TestDatabase;
let trust: TrustHarness;
let bench: Awaited<ReturnType<typeof openBench>>;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  trust = await openTrustHarness(test, clock);
  bench = await openBench();
});
afterAll(async () => {
  await bench?.close();
  await trust?.close();
  await test?.drop();
});

const handedOut = async () => {
  // Some seconds behind the database, because anybody may ask.
  clock.advance(6_000);
  const answer = await trust.door.send('GET', '/.well-known/est/acme/cacerts');
  expect(answer.status, answer.text).toBe(200);
  const pems = readCertsOnly(Buffer.from(answer.text, 'base64')).map((der) => toPem('CERTIFICATE', der));
  return {
    etag: answer.headers.etag,
    pems,
    subjects: pems.map((pem) => new X509Certificate(pem).subject.split('CN=')[1]!),
  };
};
const distribute = async () => {
  const { id: rolloverId } = await trust.rollover();
  await trust.agree({ kind: 'distribute', rolloverId });
};
const count = (subjects: readonly string[], name: string) => subjects.filter((subject) => subject === name).length;

it('cacerts carries both generations of the root and what joins them, so that who trusts one can follow to the other', async () => {
  const before = await handedOut();
  const old = await trust.door.identity.door.hierarchy.root();
  await trust.agree({ kind: 'start_rollover', authority: 'root' });
  expect((await handedOut()).etag).toBe(before.etag);
  await distribute();
  const { etag, pems, subjects } = await handedOut();
  expect(etag).not.toBe(before.etag);
  // Itself, and under the other (RFC 4210 4.4: new with old, old with new).
  expect([count(subjects, 'Muster Root CA 1'), count(subjects, 'Muster Root CA 2')]).toEqual([2, 2]);

  await bench.write('old.pem', old.pem);
  const successor = pems
    .map((pem) => new X509Certificate(pem))
    .find((one) => one.subject.includes('CA 2') && one.subject === one.issuer)!;
  await bench.write('new.pem', successor.toString());
  await bench.write('all.pem', pems.join(''));
  for (const [root, leaf] of [
    ['old.pem', 'new.pem'],
    ['new.pem', 'old.pem'],
  ]) {
    const { publicKey } = new X509Certificate(await bench.read(leaf!));
    const joined = pems.find((pem) => {
      const one = new X509Certificate(pem);
      return one.publicKey.equals(publicKey) && one.subject !== one.issuer;
    })!;
    await bench.write('joined.pem', joined);
    const verdict = await bench.run('openssl', 'verify', '-x509_strict', '-CAfile', root!, 'joined.pem');
    expect([verdict.code, verdict.output]).toEqual([0, expect.stringContaining('OK')]);
  }
});

it('a client that knows the old root alone fetches them as before', async () => {
  const url = `https://localhost:${trust.door.port}`;
  const ran = await bench.run(
    'pki',
    '--estca',
    '--url',
    url,
    '--cacert',
    'old.pem',
    '--caout',
    'ca.pem',
    '--outform',
    'pem',
  );
  expect(ran.code, ran.output).toBe(0);
  expect(ran.output).toContain('Root CA equals trusted TLS Root CA');
});

it('cacerts names the next device authority before it issues', async () => {
  await trust.agree({ kind: 'start_rollover', authority: 'device' });
  await distribute();
  const { subjects } = await handedOut();
  expect(subjects.filter((subject) => subject.startsWith('Muster Device CA acme')).sort()).toEqual(
    expect.arrayContaining(['Muster Device CA acme 1', 'Muster Device CA acme 2']),
  );
});
