import { createHash, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import { oids } from '../der/oids.js';
import { explicit, integer, nothing, octetString, oid, sequence, setOf } from '../der/write.js';

/** As OpenSSL does by default; forge counts them in JavaScript, so many more would stall everybody. */
const ROUNDS = 2_048;

/** Missing from the published types. */
type DeriveKey = (
  password: string,
  salt: forge.util.ByteStringBuffer,
  id: number,
  rounds: number,
  bytes: number,
  digest: forge.md.MessageDigest,
) => forge.util.ByteStringBuffer;

/**
 * A PKCS #12 file (RFC 7292) with a key and its certificates, leaf first, for people who import identities by hand: the key
 * encrypted by AES-256 under the password, integrity by HMAC-SHA-256. node-forge derives the integrity key (appendix B);
 * its own writer knows RSA keys only.
 */
export const writePkcs12 = (key: KeyObject, certificates: readonly [Buffer, ...Buffer[]], password: string): Buffer => {
  const link = setOf(
    sequence(oid(oids.localKeyId), setOf(octetString(createHash('sha256').update(certificates[0]).digest()))),
  );
  const shrouded = key.export({ type: 'pkcs8', format: 'der', cipher: 'aes-256-cbc', passphrase: password });
  const keyBag = sequence(oid(oids.shroudedKeyBag), explicit(0, shrouded), link);
  const bags = certificates.map((certificate, i) =>
    sequence(
      oid(oids.certificateBag),
      explicit(0, sequence(oid(oids.x509Certificate), explicit(0, octetString(certificate)))),
      ...(i === 0 ? [link] : []),
    ),
  );
  const safe = sequence(dataContent(sequence(...bags)), dataContent(sequence(keyBag)));
  const salt = randomBytes(16);
  const { generateKey } = forge.pkcs12 as unknown as { generateKey: DeriveKey };
  // Purpose 3 is integrity (appendix B.3).
  const macKey = generateKey(
    password,
    forge.util.createBuffer(salt.toString('binary')),
    3,
    ROUNDS,
    32,
    forge.md.sha256.create(),
  );
  const mac = createHmac('sha256', Buffer.from(macKey.getBytes(), 'binary')).update(safe).digest();
  const digest = sequence(sequence(oid(oids.sha256), nothing()), octetString(mac));
  return sequence(integer(3), dataContent(safe), sequence(digest, octetString(salt), integer(ROUNDS)));
};

const dataContent = (content: Buffer): Buffer => sequence(oid(oids.data), explicit(0, octetString(content)));
