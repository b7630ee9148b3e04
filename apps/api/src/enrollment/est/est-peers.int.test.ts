import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EstHarness, openBench, openEst } from './est.harness.js';

/** Clients of EST that somebody else wrote, from Debian, against the door on a real socket. */
let test: TestDatabase;
let est: EstHarness;
let bench: Awaited<ReturnType<typeof openBench>>;
let url: string;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  est = await openEst(test.database, clock);
  bench = await openBench();
  await bench.write('root.pem', est.door.tls.ca.match(/-----BEGIN[\s\S]*?END CERTIFICATE-----\n/)![0]);
  url = `https://localhost:${est.door.port}`;
});
afterAll(async () => {
  await bench?.close();
  await est?.close();
  await test?.drop();
});

const ok = async (program: string, ...words: string[]) => {
  const ran = await bench.run(program, ...words);
  expect(ran.code, ran.output).toBe(0);
  return ran;
};
/** Standard output of a program into a file of the bench. */
const into = (file: string, command: string) => ok('sh', '-c', `${command} > ${file}`);
const opened = async (file: string) => new X509Certificate(await bench.read(file));

describe('strongSwan', () => {
  const trusted = ['--cacert', 'root.pem', '--cacert', 'ca-1.pem'];

  it('fetches the authorities', async () => {
    const { output } = await ok(
      'pki',
      '--estca',
      '--url',
      url,
      '--cacert',
      'root.pem',
      '--caout',
      'ca.pem',
      '--outform',
      'pem',
    );
    expect(output).toContain('Root CA equals trusted TLS Root CA');
    expect((await opened('ca-1.pem')).subject).toContain('Device CA acme');
  });

  it('enrols with a token under a name of its own, and again with its certificate', async () => {
    await into('one.key', 'pki --gen --type ecdsa --size 256 --outform pem');
    await into('one.csr', 'pki --req --in one.key --type ecdsa --dn "C=CH, O=Acme, CN=SW-1" --outform pem');
    const { token } = await est.door.token({ model: 'gw-1', serial: 'SW-1' });
    const enrol = `pki --est --url ${url} --in one.csr ${trusted.join(' ')} --userpass gw-1/SW-1:${token} --outform pem`;
    await into('one.pem', enrol);
    const first = await opened('one.pem');
    const [device] = await est.rows<{ id: string }>(`select id from devices where serial = 'SW-1'`);
    expect(first.subject).toBe(`CN=${device?.id}`);

    await into('two.key', 'pki --gen --type ecdsa --size 256 --outform pem');
    await into('two.csr', `pki --req --in two.key --type ecdsa --dn "CN=${device?.id}" --outform pem`);
    const renew = `pki --est --url ${url} --in two.csr ${trusted.join(' ')} --cert one.pem --key one.key --outform pem`;
    const early = await bench.run('sh', '-c', `${renew} > early.pem`);
    expect([early.code === 0, early.output]).toEqual([false, expect.stringContaining('409')]);
    await est.openWindow(device!.id);
    await into('two.pem', renew);
    const second = await opened('two.pem');
    expect([second.subject, second.serialNumber === first.serialNumber]).toEqual([first.subject, false]);
  });

  it('asks again until a person approved', async () => {
    await est.rows(
      `insert into enrollment_settings (tenant_id, operator_approval) values ('acme', true)
       on conflict (tenant_id) do update set operator_approval = true`,
    );
    await into('poll.key', 'pki --gen --type ecdsa --size 256 --outform pem');
    await into('poll.csr', 'pki --req --in poll.key --type ecdsa --dn "CN=SW-2" --outform pem');
    // Nobody gave it a token: the user name says which device it is, and the password is empty.
    const asking = into(
      'poll.pem',
      `pki --est --url ${url} --in poll.csr ${trusted.join(' ')} --userpass gw-1/SW-2: --interval 1 --maxpolltime 60 --outform pem`,
    );
    const owner = est.door.people.as('owner');
    const waiting = async () => {
      const [first] = (await owner.get('/approvals?state=pending')).json().items;
      if (!first) throw new Error('nobody waits');
      return first;
    };
    const { id, keySha256, serial } = await assertEventually(waiting, { within: 20_000 });
    expect(serial).toBe('SW-2');
    await owner.post(`/approvals/${id}/approve`, { keySha256 });
    await asking;
    const [device] = await est.rows<{ id: string }>(`select id from devices where serial = 'SW-2'`);
    expect((await opened('poll.pem')).subject).toBe(`CN=${device?.id}`);
    await est.rows(`update enrollment_settings set operator_approval = false where tenant_id = 'acme'`);
  });
});

describe('curl and openssl', () => {
  it('get the authorities, a certificate and the lists, and read them', async () => {
    await into('cacerts.b64', `curl -sS --fail --cacert root.pem ${url}/.well-known/est/acme.wrap/cacerts`);
    await into('cacerts.p7', 'openssl base64 -d -in cacerts.b64');
    const { output } = await ok('openssl', 'pkcs7', '-inform', 'DER', '-in', 'cacerts.p7', '-print_certs', '-noout');
    expect(output.match(/subject=/g)).toHaveLength(2);
    await into('bundle.pem', 'openssl pkcs7 -inform DER -in cacerts.p7 -print_certs');

    await ok('sh', '-c', 'openssl ecparam -name prime256v1 -genkey -noout -out curl.key');
    await ok(
      'sh',
      '-c',
      'openssl req -new -key curl.key -subj "/O=Acme/CN=CU-1" -outform DER | openssl base64 > curl.csr',
    );
    const { token } = await est.door.token({ model: 'gw-1' });
    const words = `-H 'content-type: application/pkcs10' -H 'content-transfer-encoding: base64' --data-binary @curl.csr`;
    await into(
      'curl.b64',
      `curl -sS --fail --cacert root.pem -u 'CU-1:${token}' ${words} ${url}/.well-known/est/acme.wrap/simpleenroll`,
    );
    await into('curl.p7', 'openssl base64 -d -in curl.b64');
    await into('curl.pem', 'openssl pkcs7 -inform DER -in curl.p7 -print_certs');
    const certified = await ok(
      'openssl',
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      'bundle.pem',
      'curl.pem',
    );
    expect(certified.output).toContain('OK');
    expect((await opened('curl.pem')).subject).toMatch(/^CN=[0-9a-f-]{36}$/);

    await into(
      'crls.p7',
      `curl -sS --fail --cacert root.pem ${url}/.well-known/est/acme.wrap/crls | openssl base64 -d`,
    );
    const lists = await ok('openssl', 'pkcs7', '-inform', 'DER', '-in', 'crls.p7', '-print');
    expect(lists.output).toContain('Muster Device CA acme');
    const gnutls = await ok('certtool', '--p7-info', '--inder', '--infile', 'cacerts.p7');
    expect(gnutls.output).toMatch(/Number of certificates: 2/);
  });

  it('are told when to renew by the certificate alone', async () => {
    const { output } = await ok(
      'sh',
      '-c',
      `curl -sS --fail --cacert root.pem --cert curl.pem --key curl.key ${url}/.well-known/est/renewal-info`,
    );
    expect(Date.parse(JSON.parse(output).suggestedWindow.start)).toBeGreaterThan(clock.now().getTime());
  });
});

/** Not among what the tests install; where it is, its own idea of X.509 is asked too. */
const go = '/usr/bin/go';
const program = `package main
import ("bytes"; "crypto/x509"; "encoding/pem"; "fmt"; "os")
func certs(name string) (all []*x509.Certificate) {
  data, _ := os.ReadFile(name)
  for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
    one, err := x509.ParseCertificate(block.Bytes); if err != nil { panic(err) }
    all = append(all, one)
  }
  return
}
func main() {
  roots, inter := x509.NewCertPool(), x509.NewCertPool()
  for _, one := range certs("bundle.pem") {
    if bytes.Equal(one.RawSubject, one.RawIssuer) { roots.AddCert(one) } else { inter.AddCert(one) }
  }
  leaf := certs("curl.pem")[0]
  _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: inter, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
  if err != nil { panic(err) }
  fmt.Println("verified", leaf.URIs[0])
}
`;

it('what EST hands out verifies by libraries that share no code with ours', async () => {
  await bench.write('verify.go', program);
  const verdicts = [
    await bench.run('certtool', '--verify', '--load-ca-certificate', 'bundle.pem', '--infile', 'curl.pem'),
  ];
  if (existsSync(go))
    verdicts.push(await bench.run('env', `HOME=${bench.folder}`, 'GO111MODULE=off', go, 'run', 'verify.go'));
  for (const { code, output } of verdicts) expect([code, output]).toEqual([0, expect.stringMatching(/verified/i)]);
});
