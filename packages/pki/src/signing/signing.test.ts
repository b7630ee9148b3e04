import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deviceId, newKey, now } from '../fixtures/hierarchy.js';
import { generatePrivateKey, keySigner } from '../keys/key-signer.js';
import { issuerOf, signCommand, verifyCommand } from './command.js';
import { signDocument, toSigningJwk } from './compact.js';
import { signManifest, verifyManifest } from './manifest.js';
import { signOffer, verifyOffer } from './offer.js';
import { signTrustBundle, verifyTrustBundle } from './trust-bundle.js';

const seconds = now.getTime() / 1000;
const issuer = issuerOf('muster.test', 'main');
const cth = 'ab'.repeat(32);
const claims = {
  iss: issuer,
  aud: deviceId,
  jti: '01970000-0000-7000-8000-0000000000aa',
  seq: 1,
  iat: seconds,
  nbf: seconds,
  exp: seconds + 300,
  act: 'ping',
  args: {},
  cth,
  timeoutS: 30,
};
const audience = { deviceId, issuer, certificates: [cth], now };
const signer = keySigner(await generatePrivateKey('EdDSA'));
const keys = [toSigningJwk(signer, 'c1', 'command'), toSigningJwk(signer, 'm1', 'manifest')];
const faultOf = async (jws: string, to = audience) => {
  const verdict = await verifyCommand(jws, keys, to);
  return verdict.ok ? 'accepted' : verdict.fault;
};
const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const body = header(claims);

describe('a signed command', () => {
  it('is accepted by the device it names, with EdDSA and with ES256', async () => {
    expect(await faultOf(await signCommand(signer, 'c1', claims))).toBe('accepted');
    const es = keySigner(newKey());
    const jws = await signCommand(es, 'e1', claims);
    expect(await verifyCommand(jws, [toSigningJwk(es, 'e1', 'command')], audience)).toMatchObject({ ok: true });
  });

  it.each([
    ['another device', 'audience_mismatch', { ...audience, deviceId: '01970000-0000-7000-8000-000000000002' }],
    ['another tenant', 'issuer_mismatch', { ...audience, issuer: issuerOf('muster.test', 'other') }],
    ['a device with a new identity', 'certificate_mismatch', { ...audience, certificates: ['cd'.repeat(32)] }],
    ['a device once it has expired', 'expired', { ...audience, now: new Date(now.getTime() + 300_000) }],
    ['a device far before its time', 'not_yet_valid', { ...audience, now: new Date(now.getTime() - 61_000) }],
  ])('is refused by %s: %s', async (_, fault, to) => {
    expect(await faultOf(await signCommand(signer, 'c1', claims), to)).toBe(fault);
  });

  it('is judged without time by a device that has no trusted clock', async () => {
    expect(await faultOf(await signCommand(signer, 'c1', claims), { ...audience, now: null as never })).toBe(
      'accepted',
    );
  });

  it.each([
    ['no algorithm', `${header({ alg: 'none', kid: 'c1', typ: 'cmd+jws' })}.${body}.`],
    ['no algorithm, spelt otherwise', `${header({ alg: 'nOnE', kid: 'c1', typ: 'cmd+jws' })}.${body}.`],
    [
      'a shared-secret algorithm over the public key',
      (() => {
        const input = `${header({ alg: 'HS256', kid: 'c1', typ: 'cmd+jws' })}.${body}`;
        return `${input}.${createHmac('sha256', Buffer.from(keys[0]!.x, 'base64url')).update(input).digest('base64url')}`;
      })(),
    ],
    ['something that is not a JWS', 'x'],
  ])('with %s is refused', async (_, jws) => {
    expect(await faultOf(jws)).not.toBe('accepted');
  });

  it('is refused with a key from its own header, a path as kid, or an unknown critical header', async () => {
    const stranger = keySigner(await generatePrivateKey('EdDSA'));
    const forge = async (extra: object) => {
      const input = `${header({ alg: 'EdDSA', kid: 'c1', typ: 'cmd+jws', ...extra })}.${body}`;
      return `${input}.${(await stranger.sign('EdDSA', Buffer.from(input))).toString('base64url')}`;
    };
    expect(await faultOf(await forge({ jwk: toSigningJwk(stranger, 'c1', 'command') }))).toBe('signature_invalid');
    for (const address of ['jku', 'x5u'])
      expect(await faultOf(await forge({ [address]: 'https://keys.example/c1' }))).toBe('signature_invalid');
    expect(await faultOf(await forge({ kid: '../../etc/passwd' }))).toBe('key_unknown');
    expect(await faultOf(await forge({ crit: ['x'] }))).toBe('signature_invalid');
  });

  it('cannot be a manifest under another name', async () => {
    expect(await faultOf(await signDocument(signer, 'm1', 'manifest', claims))).toBe('type_mismatch');
    const relabelled = `${header({ alg: 'EdDSA', kid: 'm1', typ: 'cmd+jws' })}.${body}`;
    const signature = (await signer.sign('EdDSA', Buffer.from(relabelled))).toString('base64url');
    expect(await faultOf(`${relabelled}.${signature}`)).toBe('key_unknown');
  });

  it('is refused without exp, with exp as text, or with a key that pollutes prototypes', async () => {
    const { exp: _exp, ...endless } = claims;
    expect(await faultOf(await signDocument(signer, 'c1', 'command', endless))).toBe('payload_malformed');
    const text = await signDocument(signer, 'c1', 'command', { ...claims, exp: String(claims.exp) });
    expect(await faultOf(text)).toBe('payload_malformed');
    const polluting = JSON.parse(`{"args":{"__proto__":{"admin":true}}}`) as object;
    expect(await faultOf(await signDocument(signer, 'c1', 'command', { ...claims, ...polluting }))).toBe(
      'payload_malformed',
    );
  });
});

describe('a signed manifest', () => {
  const manifest = {
    schemaVersion: 1 as const,
    tenant: 'main',
    releaseId: claims.jti,
    name: 'Firmware',
    version: '1.2.3',
    models: ['gw-1'],
    rollbackIndex: 0,
    artifact: { id: claims.jti, name: 'fw.bin', size: 10, sha256: 'ef'.repeat(32) },
    createdAt: '2026-12-01T12:00:00.000Z',
  };

  it('is accepted for its tenant and refused for another', async () => {
    const jws = await signManifest(signer, 'm1', manifest);
    expect(await verifyManifest(jws, keys, 'main')).toEqual({ ok: true, claims: manifest });
    expect(await verifyManifest(jws, keys, 'other')).toEqual({ ok: false, fault: 'audience_mismatch' });
  });

  it('is refused when a byte of it changed', async () => {
    const [head, , tail] = (await signManifest(signer, 'm1', manifest)).split('.');
    const altered = `${head}.${header({ ...manifest, version: '9.9.9' })}.${tail}`;
    expect(await verifyManifest(altered, keys, 'main')).toEqual({ ok: false, fault: 'signature_invalid' });
  });
});

describe('a signed offer', () => {
  const offer = {
    iss: issuer,
    aud: deviceId,
    jti: claims.jti,
    iat: seconds,
    exp: seconds + 300,
    releaseId: '01970000-0000-7000-8000-0000000000bb',
    manifestSha256: 'ef'.repeat(32),
    rollback: false,
    downgrade: false,
  };
  const to = { deviceId, issuer, executionId: offer.jti, manifestSha256: offer.manifestSha256, now };
  const offerFault = async (jws: string, asked = to) => {
    const verdict = await verifyOffer(jws, keys, asked);
    return verdict.ok ? 'accepted' : verdict.fault;
  };

  it('is accepted with the command key by the device, for the order and manifest it names', async () => {
    const jws = await signOffer(signer, 'c1', offer);
    expect(await verifyOffer(jws, keys, to)).toEqual({ ok: true, claims: offer });
  });

  it.each([
    ['by another device', 'audience_mismatch', { ...to, deviceId: '01970000-0000-7000-8000-000000000002' }],
    ['by a device of another tenant', 'issuer_mismatch', { ...to, issuer: issuerOf('muster.test', 'other') }],
    ['with another order', 'identity_mismatch', { ...to, executionId: offer.releaseId }],
    ['with another manifest', 'identity_mismatch', { ...to, manifestSha256: 'ab'.repeat(32) }],
    ['once it is over', 'expired', { ...to, now: new Date(now.getTime() + 300_000) }],
  ])('is refused %s: %s', async (_, fault, asked) => {
    expect(await offerFault(await signOffer(signer, 'c1', offer), asked)).toBe(fault);
  });

  it('is judged without time by a device that has no trusted clock, and taken by one whose clock lags', async () => {
    const jws = await signOffer(signer, 'c1', offer);
    expect(await offerFault(jws, { ...to, now: null as never })).toBe('accepted');
    expect(await offerFault(jws, { ...to, now: new Date(0) })).toBe('accepted');
  });

  it('cannot be a command, nor a command an offer, nor be signed by the key of releases', async () => {
    expect(await faultOf(await signOffer(signer, 'c1', offer))).toBe('type_mismatch');
    expect(await offerFault(await signCommand(signer, 'c1', claims))).toBe('type_mismatch');
    expect(await offerFault(await signOffer(signer, 'm1', offer))).toBe('key_unknown');
  });

  it('is refused without an end', async () => {
    const { exp: _exp, ...endless } = offer;
    expect(await offerFault(await signDocument(signer, 'c1', 'offer', endless))).toBe('payload_malformed');
  });
});

describe('a trust bundle', () => {
  it('is applied when newer and refused when older', async () => {
    const trust = [toSigningJwk(signer, 't1', 'trust')];
    const bundle = {
      schemaVersion: 1 as const,
      number: 2,
      tenant: 'main',
      roots: ['pem'],
      keys: trust.map((key) => ({ ...key })),
    };
    const jws = await signTrustBundle(signer, 't1', bundle);
    expect(await verifyTrustBundle(jws, trust, { tenant: 'main', known: 1 })).toMatchObject({ ok: true });
    expect(await verifyTrustBundle(jws, trust, { tenant: 'main', known: 2 })).toMatchObject({ ok: false });
  });
});
