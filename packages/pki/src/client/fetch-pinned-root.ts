import { createHash, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import { toPem } from '../der/pem.js';

export class RootPinFault extends Error {
  override name = 'RootPinFault';
}

/**
 * Reads the root from the chain a server presents and accepts it by its SHA-256 alone. Nothing is sent on this
 * connection; every later one verifies the whole chain against the root returned here (PEM).
 * @throws RootPinFault when no presented certificate has the pinned digest.
 */
export const fetchPinnedRoot = (
  server: { host: string; port: number },
  rootSha256: string,
  timeoutMs = 15_000,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const servername = isIP(server.host) ? undefined : server.host;
    const socket = connect({
      ...server,
      ...(servername ? { servername } : {}),
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
    });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer from ${server.host}:${server.port}`)));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const root = presentedChain(socket.getPeerX509Certificate()).find(
        (certificate) => digest(certificate) === rootSha256,
      );
      socket.destroy();
      if (root) resolve(toPem('CERTIFICATE', root.raw));
      else reject(new RootPinFault(`${server.host}:${server.port} does not present the root with this SHA-256`));
    });
  });

const digest = (certificate: X509Certificate): string => createHash('sha256').update(certificate.raw).digest('hex');

/** What a TLS peer presented, leaf first. */
export const presentedChain = (leaf: X509Certificate | undefined): X509Certificate[] => {
  const chain: X509Certificate[] = [];
  for (let next = leaf; next && chain.length < 8; next = next.issuerCertificate) {
    if (chain.some((known) => known.raw.equals(next!.raw))) break;
    chain.push(next);
  }
  return chain;
};
