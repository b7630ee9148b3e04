import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { IssuedLeaf } from '@muster/pki/authority/issue-leaf';
import { isKeyOf } from '@muster/pki/client/device-key';
import { splitBundle } from '@muster/pki/der/pem';
import { writeAtomically } from '@muster/pki/keys/atomic-file';
import { generatePrivateKey } from '@muster/pki/keys/key-signer';

/** A certificate of our own processes on disk: `<name>.crt` with its chain, `<name>.key`. */
export interface OwnCertificate {
  readonly name: string;
  /** Names and addresses it must be good for. */
  readonly hosts: readonly string[];
  /** PEM certificates that follow the leaf. */
  readonly chain: readonly string[];
  issue(publicKey: KeyObject): Promise<IssuedLeaf>;
}

export interface CertificatePair {
  readonly cert: string;
  readonly key: string;
}

/**
 * The certificate on disk when it still fits: its key is beside it, it names every host, it is by the current issuer and
 * has more than a third of its life left. Otherwise a new key and certificate, the key first: a pair that does not match
 * after a crash is replaced at the next start.
 */
export const ensureCertificate = async (
  folder: string,
  wanted: OwnCertificate,
  now: Date,
): Promise<CertificatePair> => {
  const paths = { cert: join(folder, `${wanted.name}.crt`), key: join(folder, `${wanted.name}.key`) };
  const existing = await readPair(paths);
  if (existing && fits(existing, wanted, now)) return existing;
  const privateKey = await generatePrivateKey('ES256');
  const leaf = await wanted.issue(createPublicKey(privateKey));
  const pair = {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    cert: [leaf.pem, ...wanted.chain].join(''),
  };
  await writeAtomically(paths.key, pair.key);
  await writeAtomically(paths.cert, pair.cert, 0o644);
  // Of several processes that write one folder at once, whoever is last sees what the others left.
  const written = await readPair(paths);
  if (written && !isPair(written)) return ensureCertificate(folder, wanted, now);
  return pair;
};

const isPair = ({ key, cert }: CertificatePair): boolean => isKeyOf(createPrivateKey(key), splitBundle(cert)[0] ?? '');

const readPair = async (paths: CertificatePair): Promise<CertificatePair | null> => {
  try {
    return { cert: await readFile(paths.cert, 'utf8'), key: await readFile(paths.key, 'utf8') };
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fault;
  }
};

const fits = (pair: CertificatePair, wanted: OwnCertificate, now: Date): boolean => {
  const [leafPem, ...chain] = splitBundle(pair.cert);
  if (!leafPem || chain.join('') !== wanted.chain.join('')) return false;
  const leaf = new X509Certificate(leafPem);
  const begin = leaf.validFromDate.getTime();
  const end = leaf.validToDate.getTime();
  return (
    isPair(pair) &&
    wanted.hosts.every((host) => (isIP(host) ? leaf.checkIP(host) : leaf.checkHost(host)) !== undefined) &&
    end - now.getTime() > (end - begin) / 3
  );
};
