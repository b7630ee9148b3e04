import { createPublicKey, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { distinguishedName } from '../authority/names.js';
import { oids } from '../der/oids.js';
import { toPem } from '../der/pem.js';
import * as der from '../der/write.js';
import { deviceId, newKey } from '../fixtures/hierarchy.js';
import { openssl } from '../fixtures/openssl.js';
import { acceptRequest, readRequestClaims } from './accept-request.js';

const key = newKey();
const expected = { deviceId, uri: `spiffe://muster.test/t/main/d/${deviceId}` };

const byOpenssl = (subject: string) =>
  openssl({ key: key.export({ type: 'pkcs8', format: 'pem' }) }, 'req', '-new', '-key', '@key', '-subj', subject)
    .output;

const attribute = (type: string, value: Buffer) => der.setOf(der.sequence(der.oid(type), value));
const crafted = (...names: Buffer[]) => {
  const body = der.sequence(
    der.integer(0),
    der.sequence(...names),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der.tlv(0xa0),
  );
  const signature = sign('sha256', body, { key, dsaEncoding: 'der' });
  const request = der.sequence(body, der.sequence(der.oid(oids.ecdsaWithSha256)), der.bitString(signature));
  return toPem('CERTIFICATE REQUEST', request);
};
const codeOf = (csr: string, serial?: string) =>
  acceptRequest(csr, expected, undefined, serial).then(
    () => 'accepted',
    (fault: { code?: string }) => fault.code,
  );

describe('a subject a maker wrote himself', () => {
  it('is accepted where its only common name is the serial number or the device id, with whatever stands around it', async () => {
    for (const subject of [
      `/CN=SN-1`,
      '/C=CH/O=Acme/CN=SN-1',
      '/O=Acme/CN=SN-1/serialNumber=SN-1',
      `/O=x/CN=${deviceId}`,
    ])
      expect(await codeOf(byOpenssl(subject), 'SN-1'), subject).toBe('accepted');
    expect(readRequestClaims(byOpenssl('/O=Acme/CN=gw-7/serialNumber=SN-1'))).toMatchObject({
      commonName: 'gw-7',
      serialNumber: 'SN-1',
    });
  });

  it('is refused where it names another device, and everywhere without a serial number that is known', async () => {
    for (const subject of ['/CN=SN-2', '/O=Acme/CN=SN-2', '/CN=SN-1/serialNumber=SN-2'])
      expect(await codeOf(byOpenssl(subject), 'SN-1'), subject).toBe('identity_mismatch');
    for (const subject of ['/O=Acme', '/CN=SN-1/CN=SN-1', `/CN=${deviceId}/CN=SN-1`])
      expect(await codeOf(byOpenssl(subject), 'SN-1'), subject).toBe('csr_malformed');
    expect(await codeOf(byOpenssl('/CN=SN-1'))).toBe('identity_mismatch');
    expect(await codeOf(byOpenssl('/O=Acme/CN=SN-1'))).toBe('csr_malformed');
  });

  it.each([
    ['a comma and an attribute', 'SN-1,O=x'],
    ['a plus', 'SN-1+OU=x'],
    ['raw DER', '#0c0454657374'],
    ['quotes', '"SN-1"'],
    ['NUL', 'SN-1\0'],
    ['a new line', 'SN-1\n'],
    ['a right-to-left mark', 'SN-1\u200f'],
    ['more than 64 characters', 'S'.repeat(65)],
    ['a wildcard', '#'],
    ['a path', '$SYS/SN-1'],
  ])('never passes for the serial number with %s in it', async (_, commonName) => {
    const name = attribute(oids.commonName, der.utf8String(commonName));
    expect(await codeOf(crafted(name), 'SN-1')).toBe('identity_mismatch');
  });

  it('is refused in a string type that hides bytes', async () => {
    const bmp = der.tlv(0x1e, Buffer.from('\0S\0N\0-\x001', 'latin1'));
    expect(await codeOf(crafted(attribute(oids.commonName, bmp)), 'SN-1')).toBe('csr_malformed');
    expect(await codeOf(crafted(distinguishedName({ commonName: 'SN-1' })), 'SN-1')).toBe('csr_malformed');
  });
});
