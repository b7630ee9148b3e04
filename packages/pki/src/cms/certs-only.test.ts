import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildHierarchy, type Hierarchy, issueTestLeaf } from '../fixtures/hierarchy.js';
import { openssl } from '../fixtures/openssl.js';
import { certsOnly, readCertsOnly } from './certs-only.js';

let h: Hierarchy;
beforeAll(async () => {
  h = await buildHierarchy();
});
const derOf = (pem: string) => new X509Certificate(pem).raw;

describe('a certs-only message', () => {
  it('is read by openssl with every certificate in it', async () => {
    const leaf = await issueTestLeaf(h.device);
    const message = certsOnly([leaf.der, derOf(h.device.pem), derOf(h.root.pem)]);
    const read = openssl({ p7: message }, 'pkcs7', '-inform', 'DER', '-in', '@p7', '-print_certs', '-noout');
    expect(read.code).toBe(0);
    expect(read.output.match(/subject=/g)).toHaveLength(3);
  });

  it('gives back what went in, in whichever order', async () => {
    const all = [derOf(h.root.pem), derOf(h.device.pem)];
    const read = readCertsOnly(certsOnly(all));
    expect(read.map((der) => der.toString('hex')).sort()).toEqual(all.map((der) => der.toString('hex')).sort());
    expect(readCertsOnly(certsOnly([]))).toEqual([]);
  });

  it('is the same whatever order the certificates are given in', () => {
    const [a, b] = [derOf(h.root.pem), derOf(h.device.pem)];
    expect(certsOnly([a, b])).toEqual(certsOnly([b, a]));
  });

  it('is not read from bytes that are something else', () => {
    for (const bad of [Buffer.alloc(0), Buffer.from('3000', 'hex'), derOf(h.root.pem)])
      expect(() => readCertsOnly(bad)).toThrow();
  });
});
