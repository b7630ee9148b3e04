import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createAtomically, syncFolder } from './atomic-file.js';
import { EnvelopeFault, readEnvelope, seal, unseal } from './envelope.js';
import type { Keks } from './kek.js';
import { checkKeyName, contextText, type KeyContext, KeyFault } from './key-store.js';

/** A key in a folder of sealed keys, and what it is for. */
export interface KeptKey {
  readonly name: string;
  readonly context: KeyContext;
}

const pathOf = (folder: string, name: string): string => join(folder, `${checkKeyName(name)}.key`);

/**
 * One key as a text for a safe: a line with its name, then PKCS #8 in PEM, encrypted under the passphrase (PBES2, AES-256),
 * which `openssl pkey` reads too. The folder keeps the key; `forgetKey` removes it once the text is safe.
 * @throws EnvelopeFault when the key is absent or does not open
 */
export const exportKey = async (folder: string, keks: Keks, kept: KeptKey, passphrase: string): Promise<string> => {
  const key = await open(folder, keks, kept);
  const pem = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase });
  return `# ${kept.name}\n${pem}`;
};

/** Removes the sealed key after `text` proved to hold the same key under the passphrase. @throws KeyFault when it does not */
export const forgetKey = async (
  folder: string,
  keks: Keks,
  kept: KeptKey,
  text: string,
  passphrase: string,
): Promise<void> => {
  const key = await open(folder, keks, kept);
  const exported = readExported(text, passphrase).get(kept.name);
  if (!exported || !createPublicKey(exported).equals(createPublicKey(key)))
    throw new KeyFault(`the file does not hold the key ${kept.name}`);
  await rm(pathOf(folder, kept.name));
  await syncFolder(dirname(pathOf(folder, kept.name)));
};

/** Seals the keys of an exported text into the folder again; one that stands there is left as it is. Returns their names. */
export const importKeys = async (
  folder: string,
  keks: Keks,
  text: string,
  passphrase: string,
  contextOf: (name: string) => KeyContext | null,
): Promise<string[]> => {
  const kek = await keks.current();
  const found = [...readExported(text, passphrase)].map(([name, key]) => {
    const context = contextOf(name);
    if (!context) throw new KeyFault(`${name} is not a key that is kept offline`);
    return { name, envelope: seal(kek, contextText(context), key.export({ type: 'pkcs8', format: 'der' })) };
  });
  if (found.length === 0) throw new KeyFault('the file holds no key');
  for (const { name, envelope } of found) await createAtomically(pathOf(folder, name), `${JSON.stringify(envelope)}\n`);
  return found.map(({ name }) => name);
};

const open = async (folder: string, keks: Keks, { name, context }: KeptKey): Promise<KeyObject> => {
  const envelope = readEnvelope(await readFile(pathOf(folder, name), 'utf8'));
  const kek = await keks.find(envelope.kek);
  if (!kek) throw new EnvelopeFault(`the key ${name} is sealed under a key-encryption key that is not here`);
  return createPrivateKey({ key: unseal(kek, contextText(context), envelope), format: 'der', type: 'pkcs8' });
};

const readExported = (text: string, passphrase: string): Map<string, KeyObject> => {
  const blocks =
    /^# (\S+)\n(-----BEGIN ENCRYPTED PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END ENCRYPTED PRIVATE KEY-----)$/gm;
  const keys = new Map<string, KeyObject>();
  for (const [, name, pem] of text.matchAll(blocks)) {
    try {
      keys.set(checkKeyName(name!), createPrivateKey({ key: pem!, format: 'pem', passphrase }));
    } catch (fault) {
      if (fault instanceof KeyFault) throw fault;
      throw new KeyFault(`the passphrase does not open ${name}`);
    }
  }
  return keys;
};
