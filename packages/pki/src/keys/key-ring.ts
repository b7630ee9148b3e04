import { type KeyContext, KeyFault, type KeyStore, type KeyStoreKind, parseRef, type StoredKey } from './key-store.js';
import type { SignAlgorithm } from './signer.js';

/** Which store makes new keys, and which those that sign releases. */
export interface KeyHomes {
  readonly online: KeyStoreKind;
  readonly release: KeyStoreKind;
}

/**
 * All stores of a process as one: new keys are made where the settings say, and each key is opened where it was made, so
 * that changing the settings loses none. `purposes` bounds what the process may open at all.
 */
export class KeyRing implements KeyStore {
  readonly kind: KeyStoreKind;
  private readonly stores: ReadonlyMap<KeyStoreKind, KeyStore>;

  constructor(
    stores: readonly KeyStore[],
    private readonly homes: KeyHomes,
    private readonly purposes?: readonly string[],
  ) {
    this.kind = homes.online;
    this.stores = new Map(stores.map((store) => [store.kind, store]));
  }

  async create(
    name: string,
    context: KeyContext,
    ...algorithms: readonly [SignAlgorithm, ...SignAlgorithm[]]
  ): Promise<StoredKey> {
    this.check(context);
    const home = context.purpose === 'release' ? this.homes.release : this.homes.online;
    return this.storeOf(home, name).create(name, context, ...algorithms);
  }

  async open(ref: string, context: KeyContext): Promise<StoredKey> {
    this.check(context);
    return this.storeOf(parseRef(ref).kind, ref).open(ref, context);
  }

  private check({ purpose }: KeyContext): void {
    if (this.purposes && !this.purposes.includes(purpose))
      throw new KeyFault(`this process has no business with keys for ${purpose}`);
  }

  private storeOf(kind: KeyStoreKind, key: string): KeyStore {
    const store = this.stores.get(kind);
    if (!store) throw new KeyFault(`the key ${key} is in a store of kind ${kind}, which the settings do not describe`);
    return store;
  }
}
