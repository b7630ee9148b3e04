import { pathToFileURL } from 'node:url';
import { type KeyContext, KeyFault, type KeyStore, type StoredKey } from '../key-store.js';
import type { SignAlgorithm } from '../signer.js';

/** What the module of an adapter exports. References of its keys begin with `kms:`. */
export interface KmsAdapter {
  openKeyStore(): KeyStore | Promise<KeyStore>;
}

/** Keys in a cloud's key service, through a module that somebody wrote for it. It is loaded when it is first needed. */
export class KmsKeyStore implements KeyStore {
  readonly kind = 'kms';
  #adapter: Promise<KeyStore> | null = null;

  constructor(private readonly path: string) {}

  async create(
    name: string,
    context: KeyContext,
    ...algorithms: readonly [SignAlgorithm, ...SignAlgorithm[]]
  ): Promise<StoredKey> {
    return (await this.#load()).create(name, context, ...algorithms);
  }

  async open(ref: string, context: KeyContext): Promise<StoredKey> {
    return (await this.#load()).open(ref, context);
  }

  #load(): Promise<KeyStore> {
    if (this.#adapter) return this.#adapter;
    const loading = this.#import();
    loading.catch(() => {
      this.#adapter = null;
    });
    this.#adapter = loading;
    return loading;
  }

  async #import(): Promise<KeyStore> {
    let adapter: Partial<KmsAdapter>;
    try {
      adapter = (await import(pathToFileURL(this.path).href)) as Partial<KmsAdapter>;
    } catch (fault) {
      throw new KeyFault(`the key service adapter ${this.path} cannot be loaded: ${(fault as Error).message}`);
    }
    if (typeof adapter.openKeyStore !== 'function') throw new KeyFault(`${this.path} exports no openKeyStore()`);
    const store = await adapter.openKeyStore();
    if (store.kind !== this.kind) throw new KeyFault(`the store of ${this.path} must be of kind ${this.kind}`);
    return store;
  }
}
