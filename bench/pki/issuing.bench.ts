import 'reflect-metadata';
import { createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { issueDeviceLeaf } from '@muster/pki/authority/issue-leaf';
import { readPublicKeyInfo } from '@muster/pki/authority/public-key-info';
import { buildHierarchy, crlUri, domain, newKey, now } from '@muster/pki/fixtures/hierarchy';
import { openssl } from '@muster/pki/fixtures/openssl';
import * as peer from '@peculiar/x509';
import { expect, it } from 'vitest';
import { printTable, report, timed } from '../report.js';

const ROUNDS = process.env.MUSTER_QUICK ? 2 : 7;
const OURS = process.env.MUSTER_QUICK ? 500 : 4_000;
const THEIRS = process.env.MUSTER_QUICK ? 50 : 200;
const AT_ONCE = 8;

/** Certificates a second of `count` made by `lanes` that each wait for their last one. */
const rateOf = async (count: number, lanes: number, issue: () => Promise<unknown>): Promise<number> => {
  let left = count;
  const lane = async () => {
    while (left-- > 0) await issue();
  };
  return (count * 1_000) / (await timed(() => Promise.all(Array.from({ length: lanes }, lane))));
};

/** The device profile by the library's own generator, from the same request to the same extensions. */
const openPeer = async () => {
  const { subtle } = crypto;
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const device = await subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return (): Promise<unknown> => {
    const id = randomUUID();
    return (async () =>
      peer.X509CertificateGenerator.create({
        serialNumber: randomUUID().replaceAll('-', ''),
        subject: [{ CN: [id] }],
        issuer: 'O=Test, CN=Muster Device CA main 1',
        notBefore: now,
        notAfter: new Date(now.getTime() + 90 * 86_400_000),
        signingAlgorithm: algorithm,
        publicKey: device.publicKey,
        signingKey: keys.privateKey,
        extensions: [
          new peer.BasicConstraintsExtension(false, undefined, true),
          new peer.KeyUsagesExtension(peer.KeyUsageFlags.digitalSignature, true),
          new peer.ExtendedKeyUsageExtension([peer.ExtendedKeyUsage.clientAuth]),
          new peer.SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${domain}/t/main/d/${id}` }]),
          new peer.CertificatePolicyExtension(['1.3.6.1.4.1.99999.1']),
          new peer.CRLDistributionPointsExtension([crlUri]),
          await peer.SubjectKeyIdentifierExtension.create(device.publicKey),
          await peer.AuthorityKeyIdentifierExtension.create(keys.publicKey),
        ],
      }))();
  };
};

it('issues device certificates in memory, beside the generator of @peculiar/x509', async () => {
  const { root, device } = await buildHierarchy();
  const info = createPublicKey(newKey()).export({ type: 'spki', format: 'der' });
  // A key object of its own each, as the request gate makes it: what is remembered of a key must not help the next one.
  let keys: KeyObject[] = [];
  const renewKeys = () => {
    keys = Array.from({ length: OURS + AT_ONCE }, () => readPublicKeyInfo(info));
  };
  renewKeys();
  const ours = () =>
    issueDeviceLeaf(
      device,
      { domain, tenant: 'main', deviceId: randomUUID(), publicKey: keys.pop()!, crlUri },
      { now },
    );
  const theirs = await openPeer();
  const { pem } = await ours();
  const verdict = openssl(
    { root: root.pem, ca: device.pem, leaf: pem },
    ...['verify', '-x509_strict', '-attime', String(now.getTime() / 1000), '-purpose', 'sslclient'],
    ...['-CAfile', '@root', '-untrusted', '@ca', '@leaf'],
  );
  expect(verdict.output).toContain('OK');

  const rates = {
    theirs: [] as number[],
    theirsAtOnce: [] as number[],
    ours: [] as number[],
    oursAtOnce: [] as number[],
  };
  const withKeys = (lanes: number) => {
    renewKeys();
    return rateOf(OURS, lanes, ours);
  };
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = {
      theirs: await rateOf(THEIRS, 1, theirs),
      theirsAtOnce: await rateOf(THEIRS, AT_ONCE, theirs),
      ours: await withKeys(1),
      oursAtOnce: await withKeys(AT_ONCE),
    };
    // The first round warms up.
    if (round > 0) for (const [name, rate] of Object.entries(measured)) rates[name as keyof typeof rates].push(rate);
  }
  report('Device certificates from public keys, in memory', [
    { what: '@peculiar/x509 generator, one after another (baseline)', rounds: rates.theirs, unit: 'per s' },
    { what: `@peculiar/x509 generator, ${AT_ONCE} at once`, rounds: rates.theirsAtOnce, unit: 'per s' },
    { what: 'ours, one after another', rounds: rates.ours, unit: 'per s' },
    { what: `ours, ${AT_ONCE} at once`, rounds: rates.oursAtOnce, unit: 'per s' },
  ]);
  const ratio = Math.min(...rates.oursAtOnce.map((rate, n) => rate / rates.theirsAtOnce[n]!));
  printTable('Wanted: at least 10 times the generator, both with the same number at once', null, [
    ['worst round', `${ratio.toFixed(1)}×`, ratio >= 10 ? 'within' : 'below'],
  ]);
});
