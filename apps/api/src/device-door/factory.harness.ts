/** For tests: a manufacturer with a CA of his own, made by the openssl command and by nothing of ours. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClientIdentity } from './door.harness.js';

export interface MadeDevice extends ClientIdentity {
  /** What `issuer` and `chain` call it. */
  readonly name: string;
}

export const openFactory = () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-factory-'));
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const key = (name: string) =>
    run('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', `${name}.key`);
  let count = 0;
  const sign = (name: string, subject: string, issuer: string | null, extensions: string, days = 365) => {
    writeFileSync(join(folder, `${name}.ext`), extensions);
    run('req', '-new', '-key', `${name}.key`, '-subj', subject, '-out', `${name}.csr`);
    const by = issuer === null ? ['-signkey', `${name}.key`] : ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`];
    const serial = ['-set_serial', String(++count + 1000), '-days', String(days)];
    run(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...by,
      ...serial,
      '-sha256',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.crt`,
    );
    return read(`${name}.crt`);
  };
  const authority =
    'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n';
  const leaf = 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n';
  return {
    /** A root, or an authority below another. Returns its certificate. */
    authority(name: string, issuer: string | null = null): string {
      key(name);
      const aki = issuer === null ? '' : 'authorityKeyIdentifier=keyid\n';
      return sign(name, `/O=Maker/CN=${name}`, issuer, `${authority}${aki}`);
    },
    /** A certificate with its key as a device presents it, with `chain` behind it. */
    device(subject: string, issuer: string, chain: readonly string[] = [], extensions = leaf): MadeDevice {
      const name = `device-${++count}`;
      key(name);
      const cert = sign(
        name,
        subject,
        issuer,
        `${extensions}subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n`,
      );
      return { name, key: read(`${name}.key`), cert: [cert, ...chain.map((link) => read(`${link}.crt`))].join('') };
    },
    /** A certificate over the challenge, as the documentation says to make one. Without extensions openssl makes version 1. */
    proof(challenge: string, issuer: string, extensions = 'basicConstraints=CA:FALSE\n'): string {
      const name = `proof-${++count}`;
      key(name);
      return sign(name, `/CN=${challenge}`, issuer, extensions, 1);
    },
    certificate: (name: string) => read(`${name}.crt`),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};
