import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAtomically } from './atomic-file.js';
import { type Envelope, EnvelopeFault, seal, unseal } from './envelope.js';
import { generatePrivateKey, keySigner } from './key-signer.js';
import { checkKeyName, contextText, type KeyContext, type KeyStore, type StoredKey } from './key-store.js';
import type { SignAlgorithm } from './signer.js';

/** Private keys as sealed envelopes `<folder>/<name>.key`, 0600. */
export class FileKeyStore implements KeyStore {
  readonly kind = 'file';

  constructor(
    private readonly folder: string,
    private readonly kek: Buffer,
  ) {}

  async create(
    name: string,
    context: KeyContext,
    ...[algorithm]: readonly [SignAlgorithm, ...SignAlgorithm[]]
  ): Promise<StoredKey> {
    const existing = await this.read(name);
    if (existing) return this.openEnvelope(name, context, existing);
    const key = await generatePrivateKey(algorithm);
    const envelope = seal(this.kek, contextText(context), key.export({ type: 'pkcs8', format: 'der' }));
    const created = await createAtomically(this.pathOf(name), `${JSON.stringify(envelope)}\n`);
    return created ? { ...keySigner(key), ref: name } : this.open(name, context);
  }

  /** Throws EnvelopeFault when the key is absent, altered, or was sealed for another context. */
  async open(ref: string, context: KeyContext): Promise<StoredKey> {
    const envelope = await this.read(ref);
    if (!envelope) throw new EnvelopeFault(`no key ${ref} in ${this.folder}`);
    return this.openEnvelope(ref, context, envelope);
  }

  private openEnvelope(ref: string, context: KeyContext, envelope: Envelope): StoredKey {
    const der = unseal(this.kek, contextText(context), envelope);
    return { ...keySigner(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })), ref };
  }

  private async read(name: string): Promise<Envelope | undefined> {
    try {
      return JSON.parse(await readFile(this.pathOf(name), 'utf8')) as Envelope;
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw fault;
    }
  }

  private pathOf(name: string): string {
    return join(this.folder, `${checkKeyName(name)}.key`);
  }
}
