import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { presentedChain } from '@muster/pki/client/fetch-pinned-root';
import { judgeServerChain, timeFaults } from '@muster/pki/client/judge-server-chain';
import type { Pkcs12, TlsIdentity, TlsTrust } from './net.js';

export interface TlsTarget {
  host: string;
  port: number;
  tls: TlsTrust & Partial<TlsIdentity> & Partial<Pkcs12>;
  /** Longest silence while the connection is made, in milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/**
 * A TLS connection whose server is verified before a byte of ours leaves. Where the only complaint is of time, the chain is
 * judged again without our clock: a device that thinks it is 1970 must get its next certificate all the same.
 */
export function openTls({ host, port, tls, timeoutMs, signal }: TlsTarget): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      ca: tls.root,
      ...(tls.key && { key: tls.key, cert: tls.certificate }),
      ...(tls.pfx && { pfx: Buffer.from(tls.pfx), passphrase: tls.passphrase }),
      // Verified below: with true, Node ends a connection whose chain is wrong about time alone.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      // TLS forbids naming an address in SNI (RFC 6066 3).
      ...(isIP(host) ? {} : { servername: host }),
    });
    const abort = () => socket.destroy(new Error('aborted'));
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no byte within ${timeoutMs} ms`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('connection closed')));
    socket.once('secureConnect', () => {
      const fault = whyNot(socket, tls, host);
      if (fault) return void socket.destroy(new Error(`the server's certificate is not accepted: ${fault}`));
      socket.setTimeout(0);
      socket.removeListener('error', reject);
      // Between here and the first listener of who uses it, an error must not end the process.
      socket.on('error', () => undefined);
      signal?.removeEventListener('abort', abort);
      resolve(socket);
    });
  });
}

function whyNot(socket: TLSSocket, { root, serverTime }: TlsTrust, host: string): string | null {
  if (socket.authorized) return null;
  const said = String(socket.authorizationError);
  if (!timeFaults.includes(said)) return said;
  const known = new Date(serverTime ?? 0);
  const fault = judgeServerChain(presentedChain(socket.getPeerX509Certificate()), certificatesIn(root), host, known);
  return fault && `${said}, and judged without our clock: ${fault}`;
}

const certificatesIn = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block),
  );
