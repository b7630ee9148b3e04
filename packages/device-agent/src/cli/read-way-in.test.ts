import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EnrollmentRefused } from '../identity/read-answer.js';
import type { WayInArguments } from './arguments.js';
import { readWayIn } from './read-way-in.js';

let folder: string;
const file = (name: string) => join(folder, name);
const openssl = (...words: string[]) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });

/** A certificate and its key as people have them, made by somebody else's tool. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-way-'));
  const subject = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=factory'];
  openssl('req', ...subject, '-keyout', 'f.key', '-out', 'f.pem');
  openssl('pkcs12', '-export', '-inkey', 'f.key', '-in', 'f.pem', '-out', 'f.p12', '-passout', 'pass:secret');
  writeFileSync(file('good'), 'secret\n');
  writeFileSync(file('bad'), 'guess');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const nothing: WayInArguments = {
  token: null,
  certificate: null,
  certificateKey: null,
  passwordFile: null,
  keepKey: false,
  key: null,
  rootSha256: 'ab'.repeat(32),
  tenant: null,
};
const codeOf = (wanted: Partial<WayInArguments>) =>
  readWayIn({ ...nothing, ...wanted }).then(
    () => 'ok',
    (error: EnrollmentRefused) => error.code,
  );

describe('the files of a credential', () => {
  test('are PEM in two files, with the key for a fresh identity or for the device itself', async () => {
    const wanted = { ...nothing, certificate: file('f.pem'), certificateKey: file('f.key') };
    expect(await readWayIn(wanted)).toMatchObject({ entry: { certificate: expect.stringContaining('BEGIN CERT') } });
    expect(await readWayIn({ ...wanted, keepKey: true })).toMatchObject({ key: expect.stringContaining('PRIVATE') });
  });

  test('are one PKCS #12 file with its password', async () => {
    expect(await codeOf({ certificate: file('f.p12'), passwordFile: file('good') })).toBe('ok');
  });

  test.each<[string, () => Partial<WayInArguments>, string]>([
    ['a wrong password', () => ({ certificate: file('f.p12'), passwordFile: file('bad') }), 'pkcs12_unreadable'],
    ['no password', () => ({ certificate: file('f.p12') }), 'pkcs12_unreadable'],
    ['something that is no PKCS #12', () => ({ certificate: file('good') }), 'pkcs12_unreadable'],
    ['a file that is not there', () => ({ certificate: file('absent') }), 'file_unreadable'],
    [
      'a key that stays inside PKCS #12',
      () => ({ certificate: file('f.p12'), passwordFile: file('good'), keepKey: true }),
      'key_malformed',
    ],
  ])('with %s are refused by name', async (_, wanted, code) => {
    expect(await codeOf(wanted())).toBe(code);
  });
});
