import { beforeAll, describe, expect, it } from 'vitest';
import { fromPem, toPem } from '../der/pem.js';
import { buildHierarchy, crlUri, type Hierarchy, issueTestLeaf, now } from '../fixtures/hierarchy.js';
import { openssl } from '../fixtures/openssl.js';
import { tool } from '../fixtures/tool.js';
import { writeCrl } from './write-crl.js';

let h: Hierarchy;
beforeAll(async () => {
  h = await buildHierarchy();
});

const list = { number: 7, thisUpdate: now, nextUpdate: new Date(now.getTime() + 86_400_000), uri: crlUri };
const check = (leaf: string, crls: string, flag = '-crl_check') =>
  openssl(
    { root: h.root.pem, ca: h.device.pem, leaf, crls },
    ...['verify', '-x509_strict', flag, '-purpose', 'sslclient', '-attime', String(now.getTime() / 1000)],
    ...['-CAfile', '@root', '-untrusted', '@ca', '-CRLfile', '@crls', '@leaf'],
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

  it('lets openssl check every tier with the list of the root beside it', async () => {
    const [good, bad] = await Promise.all([issueTestLeaf(h.device), issueTestLeaf(h.device)]);
    const revoked = [{ serial: bad.serial, at: now, reason: 'superseded' as const }];
    const lists = await Promise.all([
      writeCrl(h.device, { ...list, revoked }),
      writeCrl(h.root, { ...list, uri: null, revoked: [] }),
    ]);
    const both = lists.map(({ pem }) => pem).join('');
    expect(check(good.pem, both, '-crl_check_all').output).toContain('OK');
    expect(check(bad.pem, both, '-crl_check_all').output).toContain('certificate revoked');
    expect(check(good.pem, lists[0].pem, '-crl_check_all').output).toContain('unable to get certificate CRL');
  });

  it('says the same to GnuTLS, and to NSS when it is one without a distribution point', async () => {
    // Debian's certtool knows no other time than now.
    const at = new Date();
    const { root, device } = await buildHierarchy(at);
    const [good, bad] = await Promise.all([issueTestLeaf(device, { at }), issueTestLeaf(device, { at })]);
    const revoked = [{ serial: bad.serial, at, reason: 'cessationOfOperation' as const }];
    const span = { thisUpdate: new Date(at.getTime() - 60_000), nextUpdate: new Date(at.getTime() + 86_400_000) };
    const { pem } = await writeCrl(device, { ...list, ...span, revoked });
    // NSS knows no Issuing Distribution Point, and that is always critical (RFC 5280 5.2.5).
    const { der } = await writeCrl(device, { ...list, ...span, uri: null, revoked });
    const files = { ca: device.pem, root: root.pem, crl: pem, der };
    const gnutls = (leaf: string) =>
      tool(
        'certtool',
        { ...files, chain: leaf + device.pem },
        ...['--verify', '--infile', '@chain', '--load-ca-certificate', '@root', '--load-crl', '@crl'],
      );
    expect(gnutls(good.pem).output).toContain('The certificate is trusted');
    expect(gnutls(bad.pem).output).toContain('revoked');
    const nss = (leaf: string) => {
      const steps = [
        'certutil -N -d sql:$D --empty-password',
        'certutil -A -d sql:$D -n root -t CT,C,C -a -i $D/root',
        'certutil -A -d sql:$D -n ca -t ,, -a -i $D/ca',
        'crlutil -I -B -d sql:$D -i $D/der',
        'certutil -A -d sql:$D -n leaf -t ,, -a -i $D/leaf',
        'certutil -V -d sql:$D -u C -n leaf',
      ];
      return tool('sh', { ...files, leaf }, '-c', `D=@; ${steps.join(' && ')}`);
    };
    expect(nss(good.pem).output).toContain('certificate is valid');
    expect(nss(bad.pem).output).toContain('has been revoked');
    const ours = fromPem(pem, ['X509 CRL']);
    const refused = tool(
      'sh',
      { der: ours.ok ? ours.der : '' },
      ...['-c', 'D=@; certutil -N -d sql:$D --empty-password && crlutil -I -d sql:$D -i $D/der'],
    );
    expect(refused.output).toContain('SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION');
  });

  it('is signed by the authority and carries its number and distribution point, also when empty', async () => {
    const { pem } = await writeCrl(h.device, { ...list, revoked: [] });
    const { output } = openssl(
      { crl: pem, ca: h.device.pem },
      ...['crl', '-in', '@crl', '-CAfile', '@ca', '-noout', '-text'],
    );
    expect(output).toContain('verify OK');
    expect(output).toMatch(/X509v3 Issuing Distribution Point: critical[\s\S]*crl\.test/);
    expect(output).toMatch(/X509v3 CRL Number:\s*7/);
    expect(output).toContain('No Revoked Certificates');
  });

  it('gives an entry without a reason no extension', async () => {
    const [plain, held] = ['41', '42'].map((end) => `${'40'.repeat(15)}${end}`) as [string, string];
    const { pem } = await writeCrl(h.device, {
      ...list,
      revoked: [
        { serial: plain, at: now, reason: 'unspecified' },
        { serial: held, at: now, reason: 'certificateHold' },
      ],
    });
    const { output } = openssl({ crl: pem }, 'crl', '-in', '@crl', '-noout', '-text');
    expect(output.match(/CRL entry extensions/g)).toHaveLength(1);
    expect(output).toContain('Certificate Hold');
  });

  it('of 20,000 entries gives others a turn after every few thousand', async () => {
    const revoked = Array.from({ length: 20_000 }, (_, i) => ({
      serial: (2 ** 40 + i).toString(16).padStart(32, '4'),
      at: new Date(now.getTime() - i * 60_000),
      reason: 'superseded' as const,
    }));
    let turns = 0;
    const count = () => {
      if (++turns < 100) setImmediate(count);
    };
    setImmediate(count);
    const { der, pem } = await writeCrl(h.device, { ...list, revoked });
    expect(turns).toBeGreaterThanOrEqual(3);
    expect(pem).toBe(toPem('X509 CRL', der));
    expect(fromPem(pem, ['X509 CRL'])).toEqual({ ok: true, der });
  });
});
