import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import {
  checkKeyName,
  contextText,
  type KeyContext,
  KeyFault,
  type KeyStore,
  parseRef,
  refOf,
  SignerAway,
  type StoredKey,
} from '../key-store.js';
import type { SignAlgorithm } from '../signer.js';
import { VaultClient, type VaultOptions } from './vault-client.js';

const types: Record<SignAlgorithm, string> = { ES256: 'ecdsa-p256', ES384: 'ecdsa-p384', EdDSA: 'ed25519' };
const hashes = { ES256: ['sha256', 'sha2-256'], ES384: ['sha384', 'sha2-384'] } as const;

// Somebody may rotate the key in Vault; our certificate and our devices know the first version, so that one signs.
const VERSION = 1;
const SIGNATURE = new RegExp(`^vault:v${VERSION}:([A-Za-z0-9+/_=-]{16,512})$`);

const KeyAnswer = z.object({
  type: z.string(),
  exportable: z.literal(false, 'the key can be exported'),
  keys: z.object({ [String(VERSION)]: z.object({ public_key: z.string() }, 'the first version of the key is gone') }),
});

/** Keys in Vault's transit engine (also OpenBao's). Its name there ends in a digest of what the key is for. */
export class VaultKeyStore implements KeyStore {
  readonly kind = 'vault';
  readonly #client: VaultClient;

  constructor(options: VaultOptions) {
    this.#client = new VaultClient(options);
  }

  async create(
    name: string,
    context: KeyContext,
    ...[algorithm]: readonly [SignAlgorithm, ...SignAlgorithm[]]
  ): Promise<StoredKey> {
    const path = placeOf(checkKeyName(name), context);
    const existing = await this.#read(name, path);
    if (existing) return existing;
    // A key of this name that came meanwhile is left as it is.
    const wanted = { type: types[algorithm], exportable: false, allow_plaintext_backup: false };
    await this.#client.call('POST', `keys/${path}`, wanted);
    const made = await this.#read(name, path);
    if (!made) throw new SignerAway(`Vault made the key ${path} and does not show it`);
    return made;
  }

  async open(ref: string, context: KeyContext): Promise<StoredKey> {
    const { kind, name } = parseRef(ref);
    if (kind !== this.kind) throw new KeyFault(`${ref} is not in Vault`);
    const path = placeOf(name, context);
    const key = await this.#read(name, path);
    if (!key) throw new KeyFault(`Vault has no key ${path}`);
    return key;
  }

  async #read(name: string, path: string): Promise<StoredKey | null> {
    const data = await this.#client.call('GET', `keys/${path}`);
    if (data === null) return null;
    const answer = KeyAnswer.safeParse(data);
    if (!answer.success) throw new KeyFault(`the key ${path} in Vault: ${answer.error.issues[0]!.message}`);
    const { type, keys } = answer.data;
    const found = Object.entries(types).find(([, each]) => each === type);
    if (!found) throw new KeyFault(`the key ${path} in Vault is of type ${type}`);
    const algorithm = found[0] as SignAlgorithm;
    const publicKey = readPublicKey(algorithm, keys[String(VERSION)]!.public_key);
    return {
      ref: refOf(this.kind, name),
      algorithm,
      publicKey: () => publicKey,
      sign: async (wanted, bytes) => {
        if (wanted !== algorithm) throw new Error(`this key signs ${algorithm}, not ${wanted}`);
        const answer = await this.#client.call('POST', `sign/${path}`, requestFor(algorithm, bytes));
        const match = SIGNATURE.exec(String(answer?.signature));
        if (!match) throw new KeyFault(`the key ${path} in Vault is gone, or its first version does not sign any more`);
        // ECDSA comes as base64url (marshaling jws), Ed25519 as base64; this reader takes both.
        return Buffer.from(match[1]!, 'base64');
      },
    };
  }
}

const placeOf = (name: string, context: KeyContext): string =>
  `${name}.${createHash('sha256').update(contextText(context)).digest('hex').slice(0, 16)}`;

const requestFor = (algorithm: SignAlgorithm, bytes: Uint8Array): object => {
  const key_version = VERSION;
  if (algorithm === 'EdDSA') return { key_version, input: Buffer.from(bytes).toString('base64') };
  const [hash, hash_algorithm] = hashes[algorithm];
  // Only the digest leaves, so that a long document is not sent along.
  const input = createHash(hash).update(bytes).digest('base64');
  return { key_version, input, prehashed: true, hash_algorithm, marshaling_algorithm: 'jws' };
};

const readPublicKey = (algorithm: SignAlgorithm, text: string): KeyObject => {
  if (algorithm !== 'EdDSA') return createPublicKey(text);
  const x = Buffer.from(text, 'base64').toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
};
