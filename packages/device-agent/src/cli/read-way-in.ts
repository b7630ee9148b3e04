import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { EnrollmentRefused } from '../identity/read-answer.js';
import type { EntryCertificate, WayIn } from '../identity/way-in.js';
import type { Pkcs12 } from '../ports/net.js';
import type { WayInArguments } from './arguments.js';

const PEM = /^\s*-----BEGIN /;

/** The files of a command line as what lets a device in; null when it names nothing. Throws EnrollmentRefused with a sentence. */
export async function readWayIn(wanted: WayInArguments): Promise<WayIn | null> {
  const { token, certificate, key, rootSha256, tenant } = wanted;
  if (token !== null) return { token };
  if (rootSha256 === null) return null;
  if (certificate !== null) {
    const entry = await readEntry(certificate, wanted);
    if (!wanted.keepKey) return { entry, rootSha256 };
    if (!('key' in entry)) throw new EnrollmentRefused('key_malformed', '--keep-key needs certificate and key as PEM');
    return { entry, rootSha256, key: entry.key };
  }
  return {
    rootSha256,
    ...(key !== null && { key: (await bytesOf(key)).toString() }),
    ...(tenant !== null && { tenant }),
  };
}

async function readEntry(
  path: string,
  { certificateKey, passwordFile }: WayInArguments,
): Promise<EntryCertificate | Pkcs12> {
  const bytes = await bytesOf(path);
  if (!PEM.test(bytes.toString('latin1', 0, 200))) {
    const passphrase = passwordFile === null ? '' : (await bytesOf(passwordFile)).toString().replace(/\r?\n$/, '');
    checkOpens(path, bytes, passphrase);
    return { pfx: bytes, passphrase };
  }
  const certificate = bytes.toString();
  // One file may hold both.
  const key = certificateKey === null ? certificate : (await bytesOf(certificateKey)).toString();
  return { certificate, key };
}

/** Before it is used: a wrong password is no trouble of the network, which is tried again. */
function checkOpens(path: string, pfx: Buffer, passphrase: string): void {
  try {
    createSecureContext({ pfx, passphrase });
  } catch (error) {
    throw new EnrollmentRefused('pkcs12_unreadable', `cannot open ${path}: ${(error as Error).message}`);
  }
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new EnrollmentRefused('file_unreadable', `cannot read ${path}: ${(error as Error).message}`);
  }
}
