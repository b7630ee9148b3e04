import { createPrivateKey, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAtomically } from './atomic-file.js';
import { type Envelope, EnvelopeFault, seal, unseal } from './envelope.js';
import { generatePrivateKey, keySigner } from './key-signer.js';
import type { SignAlgorithm, Signer } from './signer.js';

/** What a key is for; bound into the ciphertext. */
export interface KeyContext {
  readonly tenant: string | null;
  readonly purpose: string;
  readonly generation: number;
}

const contextText = ({ tenant, purpose, generation }: KeyContext): string =>
  `${tenant ?? '*'}|${purpose}|${generation}`;

/** File signer: private keys as sealed envelopes `<folder>/<ref>.key`, 0600. `ref` is ours, never from outside. */
export class KeyVault {
  constructor(
    private readonly folder: string,
    private readonly kek: Buffer,
  ) {}

  /** Makes and stores a key; an existing file under `ref` is kept and opened (a second try after a crash). */
  async create(ref: string, context: KeyContext, algorithm: SignAlgorithm): Promise<Signer> {
    const existing = await this.read(ref);
    if (existing) return this.openEnvelope(context, existing);
    const key = await generatePrivateKey(algorithm);
    const envelope = seal(this.kek, contextText(context), key.export({ type: 'pkcs8', format: 'der' }));
    const created = await createAtomically(this.pathOf(ref), `${JSON.stringify(envelope)}\n`);
    return created ? keySigner(key) : this.open(ref, context);
  }

  /** Opens a stored key. Throws EnvelopeFault when it is absent, altered, or was sealed for another context. */
  async open(ref: string, context: KeyContext): Promise<Signer> {
    const envelope = await this.read(ref);
    if (!envelope) throw new EnvelopeFault(`no key ${ref} in ${this.folder}`);
    return this.openEnvelope(context, envelope);
  }

  private openEnvelope(context: KeyContext, envelope: Envelope): Signer {
    const der = unseal(this.kek, contextText(context), envelope);
    return keySigner(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  }

  private async read(ref: string): Promise<Envelope | undefined> {
    try {
      return JSON.parse(await readFile(this.pathOf(ref), 'utf8')) as Envelope;
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw fault;
    }
  }

  private pathOf(ref: string): string {
    if (!/^[a-z0-9][a-z0-9._-]{0,127}$/.test(ref)) throw new Error(`not a key reference: ${ref}`);
    return join(this.folder, `${ref}.key`);
  }
}

/** The KEK of an installation: given as base64, else read from `path`, else made there once, whoever else starts now. */
export const loadKek = async (path: string, given?: string): Promise<Buffer> => {
  try {
    return await readKek(path, given);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== 'ENOENT') throw fault;
  }
  await createAtomically(path, `${randomBytes(32).toString('base64')}\n`);
  return readKek(path, undefined);
};

const readKek = async (path: string, given: string | undefined): Promise<Buffer> =>
  decodeKek(given ?? (await readFile(path, 'utf8')));

const decodeKek = (text: string): Buffer => {
  const kek = Buffer.from(text.trim(), 'base64');
  if (kek.length !== 32) throw new EnvelopeFault('the key-encryption key must be base64 of 32 bytes');
  return kek;
};
