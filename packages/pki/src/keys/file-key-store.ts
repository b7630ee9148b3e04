import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAtomically } from './atomic-file.js';
import { type Envelope, EnvelopeFault, kekId, readEnvelope, seal, unseal } from './envelope.js';
import { givenKeks, type Keks, whenAbsent } from './kek.js';
import { generatePrivateKey, keySigner } from './key-signer.js';
import { checkKeyName, contextText, type KeyContext, type KeyStore, type StoredKey } from './key-store.js';
import { rewrapFile } from './rewrap-file.js';
import type { SignAlgorithm } from './signer.js';

/** Private keys as sealed envelopes `<folder>/<name>.key`, 0600. */
export class FileKeyStore implements KeyStore {
  readonly kind = 'file';
  private readonly keks: Keks;

  constructor(
    private readonly folder: string,
    kek: Buffer | Keks,
  ) {
    this.keks = Buffer.isBuffer(kek) ? givenKeks(kek) : kek;
  }

  async create(
    name: string,
    context: KeyContext,
    ...[algorithm]: readonly [SignAlgorithm, ...SignAlgorithm[]]
  ): Promise<StoredKey> {
    const path = this.pathOf(name);
    if (await this.read(name)) return this.open(name, context);
    const key = await generatePrivateKey(algorithm);
    const kek = await this.keks.current();
    const envelope = seal(kek, contextText(context), key.export({ type: 'pkcs8', format: 'der' }));
    const created = await createAtomically(path, `${JSON.stringify(envelope)}\n`);
    if (!created) return this.open(name, context);
    // The KEK changed while we wrote: nobody will look at this file again, so it is ours to bring along.
    const now = await this.keks.current();
    if (kekId(now) !== envelope.kek) await rewrapFile(path, givenKeks(now, kek), now);
    return { ...keySigner(key), ref: name };
  }

  /** Throws EnvelopeFault when the key is absent, altered, or was sealed for another context. */
  async open(ref: string, context: KeyContext): Promise<StoredKey> {
    // Twice, because a changing KEK may be gone between the reading of the file and of the KEK it names.
    const found = (await this.find(ref)) ?? (await this.find(ref));
    if (!found) throw new EnvelopeFault(`the key ${ref} is sealed under a key-encryption key that is not here`);
    const der = unseal(found.kek, contextText(context), found.envelope);
    return { ...keySigner(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })), ref };
  }

  private async find(ref: string): Promise<{ envelope: Envelope; kek: Buffer } | undefined> {
    const envelope = await this.read(ref);
    if (!envelope) throw new EnvelopeFault(`no key ${ref} in ${this.folder}`);
    const kek = await this.keks.find(envelope.kek);
    return kek && { envelope, kek };
  }

  private async read(name: string): Promise<Envelope | undefined> {
    const text = await readFile(this.pathOf(name), 'utf8').catch(whenAbsent);
    return text === undefined ? undefined : readEnvelope(text);
  }

  private pathOf(name: string): string {
    return join(this.folder, `${checkKeyName(name)}.key`);
  }
}
