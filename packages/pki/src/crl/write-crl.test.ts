import { beforeAll, describe, expect, it } from 'vitest';
import { buildHierarchy, crlUri, type Hierarchy, issueTestLeaf, now } from '../fixtures/hierarchy.js';
import { openssl } from '../fixtures/openssl.js';
import { writeCrl } from './write-crl.js';

let h: Hierarchy;
beforeAll(async () => {
  h = await buildHierarchy();
});

const list = { number: 7, thisUpdate: now, nextUpdate: new Date(now.getTime() + 86_400_000), uri: crlUri };
const check = (leaf: string, crl: string) =>
  openssl(
    { root: h.root.pem, ca: h.device.pem, leaf, crl },
    ...['verify', '-x509_strict', '-crl_check', '-attime', String(now.getTime() / 1000)],
    ...['-CAfile', '@root', '-untrusted', '@ca', '-CRLfile', '@crl', '@leaf'],
  );

describe('a revocation list', () => {
  it('lets openssl refuse the revoked and accept the rest', async () => {
    const [good, bad] = await Promise.all([issueTestLeaf(h.device), issueTestLeaf(h.device)]);
    const { pem } = await writeCrl(h.device, {
      ...list,
      revoked: [{ serial: bad.serial, at: now, reason: 'keyCompromise' }],
    });
    expect(check(good.pem, pem).output).toContain('OK');
    expect(check(bad.pem, pem).output).toContain('certificate revoked');
  });

  it('is signed by the authority and carries its number and distribution point, also when empty', async () => {
    const { pem } = await writeCrl(h.device, { ...list, revoked: [] });
    const { output } = openssl(
      { crl: pem, ca: h.device.pem },
      'crl',
      '-in',
      '@crl',
      '-CAfile',
      '@ca',
      '-noout',
      '-text',
    );
    expect(output).toContain('verify OK');
    expect(output).toMatch(/X509v3 Issuing Distribution Point: critical[\s\S]*crl\.test/);
    expect(output).toMatch(/X509v3 CRL Number:\s*7/);
    expect(output).toContain('No Revoked Certificates');
  });

  it('writes 20,000 entries well within a second', async () => {
    const revoked = Array.from({ length: 20_000 }, (_, i) => ({
      serial: (2 ** 40 + i).toString(16).padStart(32, '4'),
      at: now,
      reason: 'cessationOfOperation' as const,
    }));
    const started = performance.now();
    await writeCrl(h.device, { ...list, revoked });
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
