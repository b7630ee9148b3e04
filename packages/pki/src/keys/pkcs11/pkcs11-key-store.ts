import { createHash, createPublicKey } from 'node:crypto';
import { Worker } from 'node:worker_threads';
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

export interface Pkcs11Options {
  /** The maker's PKCS#11 library, e.g. `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly library: string;
  /** Label of the token. */
  readonly token: string;
  readonly pin: string;
  /** Folder of the npm package pkcs11js; looked for where Muster is installed when absent. */
  readonly packagePath?: string | undefined;
  /** Milliseconds a call may take; 15,000 when absent. */
  readonly patience?: number;
}

/** A token that is away, a key that is wrong, a PIN that was refused. */
export type TokenFault = 'away' | 'key' | 'pin';
export interface TokenKey {
  readonly algorithm: SignAlgorithm;
  readonly spki: Uint8Array;
}
type Request =
  | { readonly does: 'create'; readonly algorithms: readonly SignAlgorithm[] }
  | { readonly does: 'open' }
  | { readonly does: 'sign'; readonly algorithm: SignAlgorithm; readonly bytes: Uint8Array };
/** What the thread is asked; `keyId` is CKA_ID, the SHA-256 of the key's context. */
export type TokenRequest = Request & { readonly call: number; readonly name: string; readonly keyId: Uint8Array };
export type TokenAnswer = { readonly call: number } & (
  | { readonly value: TokenKey | Uint8Array | null }
  | { readonly fault: TokenFault; readonly message: string }
);

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (fault: Error) => void;
  readonly timer: NodeJS.Timeout;
}

const MOST_WAITING = 10_000;
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';

/**
 * Keys made inside a PKCS#11 token and never extractable: label is the name, CKA_ID the digest of the context. Calls to the
 * token block, so they are made by a thread; a lost session or token is found again, a refused PIN is never tried twice.
 */
export class Pkcs11KeyStore implements KeyStore {
  readonly kind = 'pkcs11';
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | null = null;
  #calls = 0;
  #refused: string | null = null;

  constructor(private readonly options: Pkcs11Options) {}

  async create(
    name: string,
    context: KeyContext,
    ...algorithms: readonly [SignAlgorithm, ...SignAlgorithm[]]
  ): Promise<StoredKey> {
    checkKeyName(name);
    const key = await this.#call<TokenKey>(name, context, { does: 'create', algorithms });
    return this.#stored(name, context, key);
  }

  async open(ref: string, context: KeyContext): Promise<StoredKey> {
    const { kind, name } = parseRef(ref);
    if (kind !== this.kind) throw new KeyFault(`${ref} is not in a PKCS#11 token`);
    const key = await this.#call<TokenKey | null>(name, context, { does: 'open' });
    if (!key) throw new KeyFault(`no key ${name} in the token ${this.options.token}`);
    return this.#stored(name, context, key);
  }

  /** Ends the thread; the next call starts another. */
  async close(): Promise<void> {
    await this.#drop('the signer was closed')?.terminate();
  }

  #stored(name: string, context: KeyContext, { algorithm, spki }: TokenKey): StoredKey {
    const publicKey = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return {
      ref: refOf(this.kind, name),
      algorithm,
      publicKey: () => publicKey,
      sign: async (wanted, bytes) => {
        if (wanted !== algorithm) throw new Error(`this key signs ${algorithm}, not ${wanted}`);
        return Buffer.from(await this.#call<Uint8Array>(name, context, { does: 'sign', algorithm, bytes }));
      },
    };
  }

  #call<T>(name: string, context: KeyContext, request: Request): Promise<T> {
    if (this.#refused !== null) return Promise.reject(new KeyFault(this.#refused));
    if (this.#waiting.size >= MOST_WAITING) return Promise.reject(new SignerAway('too much waits for the token'));
    const call = ++this.#calls;
    const keyId = createHash('sha256').update(contextText(context)).digest();
    const thread = this.#start();
    return new Promise<T>((resolve, reject) => {
      const { patience = 15_000 } = this.options;
      // A thread inside a call of the library cannot be interrupted: it is left behind and another one takes over.
      const timer = setTimeout(() => void this.#drop('the token does not answer')?.terminate(), patience);
      this.#waiting.set(call, { resolve, reject, timer });
      thread.postMessage({ ...request, call, name, keyId } satisfies TokenRequest);
    });
  }

  #start(): Worker {
    if (this.#thread) return this.#thread;
    const { library, token, pin, packagePath } = this.options;
    const workerData = { library, token, pin, packagePath } satisfies Pkcs11Options;
    const thread = new Worker(new URL(`./token-thread.${extension}`, import.meta.url), { workerData });
    const gone = (why: string) => {
      if (this.#thread === thread) this.#drop(why);
    };
    thread.on('message', (answer: TokenAnswer) => this.#take(answer));
    thread.once('error', (fault) => gone(`the thread of the token failed: ${fault.message}`));
    thread.once('exit', () => gone('the thread of the token ended'));
    // After the listeners, which hold the process themselves otherwise: an idle thread must not keep it from ending.
    thread.unref();
    this.#thread = thread;
    return thread;
  }

  #take(answer: TokenAnswer): void {
    const waiting = this.#waiting.get(answer.call);
    if (!waiting) return;
    this.#waiting.delete(answer.call);
    clearTimeout(waiting.timer);
    if ('value' in answer) return waiting.resolve(answer.value as never);
    if (answer.fault === 'pin') this.#refused = answer.message;
    waiting.reject(answer.fault === 'away' ? new SignerAway(answer.message) : new KeyFault(answer.message));
  }

  #drop(why: string): Worker | null {
    const thread = this.#thread;
    this.#thread = null;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new SignerAway(why));
    }
    this.#waiting.clear();
    return thread;
  }
}
