import { createPublicKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { issueBootstrapLeaf } from '../authority/issue-leaf.js';
import { buildHierarchy, crlUri, domain, type Hierarchy, issueTestLeaf, newKey, now } from '../fixtures/hierarchy.js';
import { validateBootstrapPath } from './validate-bootstrap-path.js';
import { validateDevicePath } from './validate-device-path.js';

const batchId = '01970000-0000-7000-8000-00000000000b';
const day = 86_400_000;
let h: Hierarchy;
let fake: Hierarchy;
beforeAll(async () => {
  [h, fake] = await Promise.all([buildHierarchy(), buildHierarchy()]);
});

const claimOf = (from: Hierarchy['bootstrap']) =>
  issueBootstrapLeaf(from, { domain, tenant: 'main', batchId, publicKey: createPublicKey(newKey()), crlUri }, { now });
const judge = (der: Buffer, at = now) =>
  validateBootstrapPath(
    der,
    { domain, roots: h.trusted.roots, authorities: [new X509Certificate(h.bootstrap.pem)] },
    at,
  );

describe('a claim certificate', () => {
  it('names its tenant and batch', async () => {
    expect(judge((await claimOf(h.bootstrap)).der)).toMatchObject({ ok: true, tenant: 'main', batchId });
  });

  it('is no device, and a device is no claim', async () => {
    const claim = await claimOf(h.bootstrap);
    expect(validateDevicePath(claim.der, h.trusted, now).ok).toBe(false);
    expect(judge((await issueTestLeaf(h.device)).der).ok).toBe(false);
    // Even one that the bootstrap authority itself signed as a device.
    expect(judge((await issueTestLeaf(h.bootstrap)).der)).toMatchObject({ ok: false, why: 'not a claim certificate' });
  });

  it('of another installation with the same names is refused', async () => {
    expect(judge((await claimOf(fake.bootstrap)).der).ok).toBe(false);
  });

  it('is refused before its time and after it, and says when it is over', async () => {
    const claim = await claimOf(h.bootstrap);
    expect(judge(claim.der, new Date(now.getTime() + 366 * day))).toMatchObject({ ok: false, expired: true });
    expect(judge(claim.der, new Date(now.getTime() - day))).toMatchObject({ ok: false, expired: false });
  });

  it('is refused with any byte flipped', async () => {
    const { der } = await claimOf(h.bootstrap);
    for (let at = 0; at < der.length; at += 7) {
      const bad = Buffer.from(der);
      bad[at]! ^= 1;
      expect(judge(bad).ok, `byte ${at}`).toBe(false);
    }
  });
});
