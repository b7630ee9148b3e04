import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as peer from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { now } from '../fixtures/hierarchy.js';
import { validateFactoryPath } from './validate-factory-path.js';

// A manufacturer's PKI is somebody else's work: these certificates are made by another library.
peer.cryptoProvider.set(webcrypto as unknown as Crypto);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 86_400_000;
type Pair = Awaited<ReturnType<typeof newPair>>;
const newPair = (of: object = algorithm) =>
  webcrypto.subtle.generateKey(of as typeof algorithm, true, ['sign', 'verify']);

interface Made {
  readonly certificate: peer.X509Certificate;
  readonly der: Buffer;
  readonly keys: Pair;
}
interface Wish {
  readonly name: string;
  readonly issuer?: Made;
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly extensions?: peer.Extension[];
  readonly days?: readonly [number, number];
  /** Of its own key. */
  readonly key?: object;
  /** By which it is signed. */
  readonly signing?: object;
}

const make = async (wish: Wish): Promise<Made> => {
  const { name, issuer, ca, pathLength, extensions = [], days = [-10, 3_650], signing = algorithm } = wish;
  const keys = await newPair(wish.key);
  const certificate = await peer.X509CertificateGenerator.create({
    serialNumber: '0a',
    subject: name,
    issuer: issuer?.certificate.subject ?? name,
    notBefore: new Date(now.getTime() + days[0] * day),
    notAfter: new Date(now.getTime() + days[1] * day),
    signingAlgorithm: signing as typeof algorithm,
    publicKey: keys.publicKey as unknown as CryptoKey,
    signingKey: (issuer ?? { keys }).keys.privateKey as unknown as CryptoKey,
    extensions: [
      ...(ca ? [new peer.BasicConstraintsExtension(true, pathLength, true)] : []),
      await peer.SubjectKeyIdentifierExtension.create(keys.publicKey as unknown as CryptoKey),
      ...extensions,
    ],
  });
  return { certificate, keys, der: Buffer.from(certificate.rawData) };
};

let root: Made;
let line: Made;
let device: Made;
beforeAll(async () => {
  root = await make({ name: 'CN=Maker Root', ca: true });
  line = await make({ name: 'CN=Maker Line 4', issuer: root, ca: true, pathLength: 0 });
  device = await make({ name: 'CN=SN-0001, 2.5.4.5=PCB-77', issuer: line });
});
const judge = (chain: Made[], anchor = root, at = now) =>
  validateFactoryPath(
    chain.map(({ der }) => der),
    anchor.der,
    at,
  );

describe('a factory certificate', () => {
  it('is accepted under the registered root or its intermediate, and says who it is', () => {
    expect(judge([device, line])).toMatchObject({
      ok: true,
      identity: { commonName: 'SN-0001', serialNumber: 'PCB-77' },
    });
    expect(judge([device], line).ok).toBe(true);
    expect(judge([device, line, root]).ok).toBe(true);
  });

  it('is accepted whatever else stands behind it, such as the root of long ago', async () => {
    const old = await make({ name: 'CN=Maker Root', ca: true, signing: { ...algorithm, hash: 'SHA-1' } });
    const odd = new peer.Extension('1.2.3.4.5', true, new Uint8Array([5, 0]));
    const strange = await make({ name: 'CN=Strange', ca: true, extensions: [odd] });
    expect([judge([device, line, old]).ok, judge([device, old, strange, line]).ok]).toEqual([true, true]);
  });

  it('is refused below an authority whose key is weak', async () => {
    const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) };
    const below = async (modulusLength: number) => {
      const sub = await make({ name: 'CN=Sub', issuer: root, ca: true, key: { ...rsa, modulusLength } });
      return judge([await make({ name: 'CN=SN-0004', issuer: sub, signing: rsa }), sub]).ok;
    };
    expect([await below(2048), await below(1024)]).toEqual([true, false]);
  });

  it('needs its intermediates', () => {
    expect(judge([device])).toMatchObject({ ok: false, why: 'does not end at the registered authority' });
  });

  it('of a stranger with the same names is refused', async () => {
    const otherRoot = await make({ name: 'CN=Maker Root', ca: true });
    const otherLine = await make({ name: 'CN=Maker Line 4', issuer: otherRoot, ca: true });
    const other = await make({ name: 'CN=SN-0001', issuer: otherLine });
    expect(judge([other, otherLine, otherRoot]).ok).toBe(false);
    expect(judge([other, line]).ok).toBe(false);
  });

  it('signed by another device is refused', async () => {
    const child = await make({ name: 'CN=SN-9999', issuer: device });
    expect(judge([child, device, line])).toMatchObject({ ok: false, why: 'an issuer is not an authority' });
  });

  it('below a path that is longer than allowed is refused', async () => {
    const sub = await make({ name: 'CN=Sub', issuer: line, ca: true });
    const leaf = await make({ name: 'CN=SN-0002', issuer: sub });
    expect(judge([leaf, sub, line])).toMatchObject({ ok: false, why: 'path is too long' });
  });

  it('must be valid, and so must every authority above it', async () => {
    expect(judge([device, line], root, new Date(now.getTime() + 4_000 * day))).toMatchObject({ why: 'expired' });
    const ended = await make({ name: 'CN=Ended', issuer: root, ca: true, days: [-20, -1] });
    const leaf = await make({ name: 'CN=SN-0003', issuer: ended });
    expect(judge([leaf, ended])).toMatchObject({ ok: false, why: 'expired' });
  });

  it('is not accepted as an authority, for servers only, or with a critical extension nobody knows', async () => {
    expect(judge([line], root)).toMatchObject({ ok: false, why: 'an authority is not a device' });
    const server = new peer.ExtendedKeyUsageExtension([peer.ExtendedKeyUsage.serverAuth]);
    expect(judge([await make({ name: 'CN=S', issuer: line, extensions: [server] }), line])).toMatchObject({
      why: 'purpose',
    });
    const odd = new peer.Extension('1.2.3.4.5', true, new Uint8Array([5, 0]));
    expect(judge([await make({ name: 'CN=S', issuer: line, extensions: [odd] }), line]).ok).toBe(false);
  });

  it('that names itself in control or direction characters, twice, or not at all has no name', async () => {
    const names = ['2.5.4.3=#0c0461000a62', 'O=Maker', 'CN=a, CN=b'];
    for (const name of names) {
      const made = judge([await make({ name, issuer: line }), line]);
      expect(made.ok && made.identity.commonName, name).toBe(null);
    }
  });

  it('is refused with bytes that are no certificate anywhere in the chain', () => {
    for (const bad of [Buffer.alloc(0), Buffer.from('3003020101', 'hex'), Buffer.alloc(400, 0x30)])
      expect(validateFactoryPath([device.der, bad], root.der, now).ok).toBe(false);
  });
});
