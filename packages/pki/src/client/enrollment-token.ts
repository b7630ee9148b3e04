/**
 * `mst_<prefix>_<secret>_<root>`: prefix finds the row, secret (160 bit, base32) proves it, root is the SHA-256 of the
 * installation's root certificate. One URL and this token are a complete trust anchor; nothing is trusted on first use.
 */
export interface EnrollmentCredential {
  readonly prefix: string;
  readonly secret: string;
  readonly rootSha256: string;
}

const form = /^mst_([a-z0-9]{10})_([a-z0-9]{32})_([0-9a-f]{64})$/;

export const parseEnrollmentToken = (token: string): EnrollmentCredential | undefined => {
  const match = form.exec(token.trim());
  return match ? { prefix: match[1]!, secret: match[2]!, rootSha256: match[3]! } : undefined;
};

export const formatEnrollmentToken = ({ prefix, secret, rootSha256 }: EnrollmentCredential): string =>
  `mst_${prefix}_${secret}_${rootSha256}`;
