import 'reflect-metadata';
import { createPublicKey, X509Certificate } from 'node:crypto';
import * as peer from '@peculiar/x509';
import forge from 'node-forge';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  buildHierarchy,
  crlUri,
  deviceId,
  domain,
  type Hierarchy,
  issueTestLeaf,
  newKey,
  now,
} from '../fixtures/hierarchy.js';
import { openssl } from '../fixtures/openssl.js';
import { readCertificate } from '../path/read-certificate.js';
import { issueServerLeaf, issueServiceLeaf } from './issue-leaf.js';

let h: Hierarchy;
beforeAll(async () => {
  h = await buildHierarchy();
});

const at = String(now.getTime() / 1000);
const verify = (leaf: string, untrusted: string, purpose: string) =>
  openssl(
    { root: h.root.pem, ca: untrusted, leaf },
    ...['verify', '-x509_strict', '-attime', at, '-purpose', purpose, '-CAfile', '@root', '-untrusted', '@ca', '@leaf'],
  );

describe('issued certificates', () => {
  it('satisfy openssl in strict mode, each for its own purpose only', async () => {
    const leaf = await issueTestLeaf(h.device);
    const server = await issueServerLeaf(
      h.server,
      { hosts: ['localhost', '127.0.0.1', '::1'], publicKey: createPublicKey(newKey()) },
      { now },
    );
    expect(verify(leaf.pem, h.device.pem, 'sslclient').output).toContain('OK');
    expect(verify(server.pem, h.server.pem, 'sslserver').output).toContain('OK');
    expect(verify(leaf.pem, h.device.pem, 'sslserver').code).not.toBe(0);
    expect(verify(server.pem, h.server.pem, 'sslclient').code).not.toBe(0);
  });

  it('carry the device profile and nothing else, as an independent reader sees it', async () => {
    const leaf = new peer.X509Certificate((await issueTestLeaf(h.device)).pem);
    expect(leaf.subject).toBe(`CN=${deviceId}`);
    expect(leaf.getExtension(peer.SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
      { type: 'url', value: `spiffe://${domain}/t/main/d/${deviceId}` },
    ]);
    expect(leaf.getExtension(peer.BasicConstraintsExtension)).toMatchObject({ ca: false, critical: true });
    expect(leaf.getExtension(peer.KeyUsagesExtension)).toMatchObject({
      usages: peer.KeyUsageFlags.digitalSignature,
      critical: true,
    });
    expect(leaf.getExtension(peer.ExtendedKeyUsageExtension)?.usages).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.getExtension(peer.CertificatePolicyExtension)?.policies).toHaveLength(1);
    expect(leaf.extensions).toHaveLength(8);
    expect(Buffer.from(leaf.rawData).includes(crlUri)).toBe(true);
  });

  it('have positive 16-byte serials that do not repeat', async () => {
    const serials = await Promise.all(Array.from({ length: 40 }, async () => (await issueTestLeaf(h.device)).serial));
    expect(new Set(serials).size).toBe(40);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
  });

  it('start an hour back and never outlive their issuer', async () => {
    const leaf = await issueTestLeaf(h.device, { life: 1_000 * 365 * 86_400_000 });
    expect(leaf.notBefore.getTime()).toBe(now.getTime() - 3_600_000);
    expect(leaf.notAfter).toEqual(h.device.notAfter);
  });

  it('can be told apart by policy without their chain', async () => {
    const service = await issueServiceLeaf(
      h.device,
      { domain, name: 'worker', publicKey: createPublicKey(newKey()) },
      { now },
    );
    const device = await issueTestLeaf(h.device);
    expect(readCertificate(service.der).policies).not.toEqual(readCertificate(device.der).policies);
  });

  it('read the same in node-forge and in node', async () => {
    const leaf = await issueTestLeaf(h.device);
    expect(() => forge.asn1.fromDer(leaf.der.toString('binary'))).not.toThrow();
    const node = new X509Certificate(leaf.der);
    expect(node.checkIssued(new X509Certificate(h.device.pem))).toBe(true);
    expect(node.serialNumber.toLowerCase()).toBe(leaf.serial);
  });

  it('are never made for a name that a broker could read as a wildcard or a path', async () => {
    for (const id of ['#', '+', 'a/b', '$SYS', 'A', '', 'x'.repeat(65), 'a\nb']) {
      await expect(issueTestLeaf(h.device, { id })).rejects.toThrow('not a device id');
    }
  });
});
