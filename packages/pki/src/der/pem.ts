/**
 * PEM in linear time. The decoder of @peculiar/x509 backtracks exponentially on about 200 bytes of crafted headers,
 * so text from outside never reaches it: this is the only way in.
 */

export const toPem = (label: string, der: Uint8Array): string => {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.length).toString('base64');
  let lines = '';
  for (let at = 0; at < base64.length; at += 64) lines += `${base64.slice(at, at + 64)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
};

export type PemFault = 'malformed' | 'multiple';

/**
 * One PEM block with one of `labels`, or bare base64, to bytes. Encapsulated headers (RFC 1421) are refused.
 * The caller caps the size before.
 */
export const fromPem = (
  text: string,
  labels: readonly string[],
): { ok: true; der: Buffer } | { ok: false; fault: PemFault } => {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const begins = lines.filter((line) => line.startsWith('-----BEGIN ')).length;
  if (begins > 1) return { ok: false, fault: 'multiple' };
  let body = lines;
  if (begins === 1) {
    const first = labels.find((label) => lines[0] === `-----BEGIN ${label}-----`);
    if (!first || lines.at(-1) !== `-----END ${first}-----`) return { ok: false, fault: 'malformed' };
    body = lines.slice(1, -1);
  }
  const base64 = body.join('');
  if (base64 === '' || base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) {
    return { ok: false, fault: 'malformed' };
  }
  return { ok: true, der: Buffer.from(base64, 'base64') };
};

/** The certificates of our own bundles, in order. Not for text from outside. */
export const splitBundle = (bundle: string): string[] =>
  bundle
    .split('-----END CERTIFICATE-----')
    .filter((part) => part.includes('-----BEGIN CERTIFICATE-----'))
    .map((part) => `${part.slice(part.indexOf('-----BEGIN CERTIFICATE-----'))}-----END CERTIFICATE-----\n`);
