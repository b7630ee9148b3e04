import { describe, expect, it } from 'vitest';
import { readDer } from '../der/read.js';
import { openssl } from '../fixtures/openssl.js';
import { csrAttributes, csrTemplate } from './csr-attributes.js';

const shown = (bytes: Buffer) => openssl({ a: bytes }, 'asn1parse', '-inform', 'DER', '-in', '@a').output;

describe('what a request is asked to be', () => {
  it('is the key and signature algorithm we like best, in the first form', () => {
    const text = shown(csrAttributes());
    for (const name of ['id-ecPublicKey', 'prime256v1', 'ecdsa-with-SHA256']) expect(text).toContain(name);
    expect(readDer(csrAttributes()).children).toHaveLength(2);
  });

  it('is a template that names the device where it is known', () => {
    expect(shown(csrTemplate('gw-1'))).toMatch(/1\.2\.840\.113549\.1\.9\.16\.2\.61[\s\S]*commonName[\s\S]*gw-1/);
    const open = shown(csrTemplate());
    expect(open).toContain('commonName');
    expect(open).not.toContain('UTF8STRING');
    // version, subject, [0] key, [1] attributes: the last is not optional.
    const template = readDer(csrTemplate()).children[0]!.children[1]!.children[0]!;
    expect(template.children.map(({ tag }) => tag)).toEqual([0x02, 0x30, 0xa0, 0xa1]);
  });
});
