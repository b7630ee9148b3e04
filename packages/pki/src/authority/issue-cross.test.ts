import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildHierarchy, type Hierarchy, issueTestLeaf, now } from '../fixtures/hierarchy.js';
import { openssl } from '../fixtures/openssl.js';
import { readCertificate } from '../path/read-certificate.js';
import { issueCross } from './issue-cross.js';

let old: Hierarchy;
let next: Hierarchy;
beforeAll(async () => {
  [old, next] = await Promise.all([buildHierarchy(), buildHierarchy()]);
});

const at = String(now.getTime() / 1000);
const verify = (root: string, untrusted: string, leaf: string) =>
  openssl(
    { root, untrusted, leaf },
    ...['verify', '-x509_strict', '-attime', at, '-purpose', 'sslclient', '-CAfile', '@root'],
    ...['-untrusted', '@untrusted', '@leaf'],
  );

describe('a cross certificate', () => {
  it('lets who trusts only the old root believe what the new one issues, and the other way round', async () => {
    const newByOld = await issueCross(next.root, old.root, now);
    const oldByNew = await issueCross(old.root, next.root, now);
    const fromNew = await issueTestLeaf(next.device);
    const fromOld = await issueTestLeaf(old.device);
    expect(verify(old.root.pem, next.device.pem, fromNew.pem).code).not.toBe(0);
    expect(verify(old.root.pem, next.device.pem + newByOld, fromNew.pem).output).toContain('OK');
    expect(verify(next.root.pem, old.device.pem + oldByNew, fromOld.pem).output).toContain('OK');
  });

  it('names and keys the subject, and ends with the earlier of both', async () => {
    const later = await buildHierarchy(new Date(now.getTime() + 400 * 86_400_000));
    const cross = readCertificate(new X509Certificate(await issueCross(later.root, old.root, now)).raw);
    const subject = readCertificate(new X509Certificate(later.root.pem).raw);
    expect(cross.subject).toEqual(subject.subject);
    expect(cross.subjectKeyId).toBe(subject.subjectKeyId);
    expect(cross.notAfter).toEqual(old.root.notAfter);
    expect(cross.ca).toBe(true);
  });

  it('of an issuing authority keeps its path length and purposes', async () => {
    const cross = readCertificate(new X509Certificate(await issueCross(old.device, next.root, now)).raw);
    expect(cross).toMatchObject({ pathLength: 0, purposes: ['1.3.6.1.5.5.7.3.2'] });
  });
});
