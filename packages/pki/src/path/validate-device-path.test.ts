import { createPublicKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { authorityOf } from '../authority/authority.js';
import { issueAuthority } from '../authority/issue-authority.js';
import { issueServerLeaf, issueServiceLeaf } from '../authority/issue-leaf.js';
import { buildHierarchy, deviceId, domain, type Hierarchy, issueTestLeaf, newKey, now } from '../fixtures/hierarchy.js';
import { generatePrivateKey, keySigner } from '../keys/key-signer.js';
import { validateDevicePath } from './validate-device-path.js';

let h: Hierarchy;
let fake: Hierarchy;
beforeAll(async () => {
  [h, fake] = await Promise.all([buildHierarchy(), buildHierarchy()]);
});

const later = (days: number) => new Date(now.getTime() + days * 86_400_000);
const judge = (der: Buffer, at = now, allowExpired = false) => validateDevicePath(der, h.trusted, at, { allowExpired });

describe('device path validation', () => {
  it('accepts a leaf of ours and says whose it is', async () => {
    const leaf = await issueTestLeaf(h.device);
    expect(judge(leaf.der)).toMatchObject({ ok: true, tenant: 'main', deviceId, expired: false });
  });

  it('refuses a chain of the same names from another installation, expired or not', async () => {
    const leaf = await issueTestLeaf(fake.device);
    expect(judge(leaf.der)).toMatchObject({ ok: false, code: 'certificate_unknown' });
    expect(judge(leaf.der, later(91), true)).toMatchObject({ ok: false, code: 'certificate_unknown' });
  });

  it('refuses a certificate signed by a device', async () => {
    const key = newKey();
    const leaf = await issueTestLeaf(h.device, { key });
    const child = await issueTestLeaf(authorityOf(leaf.pem, keySigner(key)), { id: 'victim' });
    expect(judge(child.der)).toMatchObject({ ok: false, code: 'certificate_unknown' });
    const trusting = {
      ...h.trusted,
      deviceAuthorities: [{ tenant: 'main', certificate: new X509Certificate(leaf.pem) }],
    };
    expect(validateDevicePath(child.der, trusting, now)).toMatchObject({
      ok: false,
      why: 'issuer is not an authority',
    });
  });

  it('refuses server, service and bootstrap certificates as devices', async () => {
    const publicKey = createPublicKey(newKey());
    const server = await issueServerLeaf(h.server, { hosts: ['localhost'], publicKey }, { now });
    const service = await issueServiceLeaf(h.device, { domain, name: 'worker', publicKey }, { now });
    const claim = await issueTestLeaf(h.bootstrap);
    for (const { der } of [server, service, claim]) expect(judge(der).ok).toBe(false);
  });

  it("refuses a device of one tenant under another tenant's authority", async () => {
    const leaf = await issueTestLeaf(h.device, { tenant: 'other' });
    expect(judge(leaf.der)).toMatchObject({ ok: false, why: 'issued by the authority of another tenant' });
  });

  it('refuses expired, unless the caller asks for late ones; not yet valid is refused always', async () => {
    const leaf = await issueTestLeaf(h.device);
    expect(judge(leaf.der, later(91))).toMatchObject({ ok: false, code: 'certificate_expired' });
    expect(judge(leaf.der, later(91), true)).toMatchObject({ ok: true, expired: true });
    const early = await issueTestLeaf(h.device, { at: later(2) });
    expect(judge(early.der, now, true)).toMatchObject({ ok: false, why: 'not valid yet' });
  });

  it('refuses a flipped byte anywhere', async () => {
    const leaf = await issueTestLeaf(h.device);
    for (let at = 0; at < leaf.der.length; at += 7) {
      const bad = Buffer.from(leaf.der);
      bad[at]! ^= 0x01;
      expect(judge(bad).ok, `byte ${at}`).toBe(false);
    }
  });

  it('accepts leaves of two generations of an authority at once', async () => {
    const signer = keySigner(await generatePrivateKey('ES256'));
    const next = await issueAuthority(h.root, {
      organization: 'Test',
      kind: 'device',
      tenant: 'main',
      generation: 2,
      signer,
      now,
    });
    const both = {
      ...h.trusted,
      deviceAuthorities: [
        ...h.trusted.deviceAuthorities,
        { tenant: 'main', certificate: new X509Certificate(next.pem) },
      ],
    };
    for (const issuer of [h.device, next]) {
      expect(validateDevicePath((await issueTestLeaf(issuer)).der, both, now).ok).toBe(true);
    }
  });
});
