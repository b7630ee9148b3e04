import type { SignAlgorithm, Signer } from './signer.js';

/** What a key is for; bound to it by every store, so that no key can stand in for another. */
export interface KeyContext {
  readonly tenant: string | null;
  readonly purpose: string;
  readonly generation: number;
}

export type KeyStoreKind = 'file' | 'pkcs11' | 'vault' | 'kms';

/** A key in its store. `ref` is what a row remembers of it: its name, behind the kind of store unless that is a file. */
export interface StoredKey extends Signer {
  readonly ref: string;
}

/** Where private keys live: sealed files, a PKCS#11 token, Vault, a cloud KMS. The private half never comes out. */
export interface KeyStore {
  readonly kind: KeyStoreKind;
  /**
   * Makes the key `name` with the first of `algorithms` that this store can do. What already stands under the name is
   * opened instead, so that a second try after a crash goes on. Names are ours: `[a-z0-9][a-z0-9._-]{0,127}`.
   * @throws SignerAway when the store cannot be reached; nothing half-made is left then, or the next try finds it.
   * @throws KeyFault when the store cannot make such a key, or the name is taken by a key for something else.
   */
  create(
    name: string,
    context: KeyContext,
    ...algorithms: readonly [SignAlgorithm, ...SignAlgorithm[]]
  ): Promise<StoredKey>;
  /**
   * Opens the key a row remembers.
   * @throws KeyFault when there is none, when it was made for another context, or when it was altered.
   * @throws SignerAway when the store cannot be reached.
   */
  open(ref: string, context: KeyContext): Promise<StoredKey>;
}

/** The store of a key cannot be reached now. Asking again later is right, and harmless: nothing was signed. */
export class SignerAway extends Error {
  override name = 'SignerAway';
}

/** A key that is not there, not for this, or not to be had in this store. Asking again does not help. */
export class KeyFault extends Error {
  override name = 'KeyFault';
}

/** One text per context; the tenant of an installation's own keys is `*`, which no tenant can be called. */
export const contextText = ({ tenant, purpose, generation }: KeyContext): string =>
  `${tenant ?? '*'}|${purpose}|${generation}`;

/** Throws when `name` could leave its place: a path, a URL segment, a label. */
export const checkKeyName = (name: string): string => {
  if (!/^[a-z0-9][a-z0-9._-]{0,127}$/.test(name)) throw new KeyFault(`not a key reference: ${name}`);
  return name;
};

/** The reference of a key by this name in such a store. Files came first and have no prefix. */
export const refOf = (kind: KeyStoreKind, name: string): string => (kind === 'file' ? name : `${kind}:${name}`);

/** Which kind of store a reference speaks of, and the key's name there. */
export const parseRef = (ref: string): { readonly kind: KeyStoreKind; readonly name: string } => {
  const match = /^(pkcs11|vault|kms):(.*)$/s.exec(ref);
  return match
    ? { kind: match[1] as KeyStoreKind, name: checkKeyName(match[2]!) }
    : { kind: 'file', name: checkKeyName(ref) };
};
