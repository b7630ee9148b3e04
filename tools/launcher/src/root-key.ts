import { randomBytes } from 'node:crypto';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openKeks } from '@muster/pki/keys/kek';
import type { KeyContext } from '@muster/pki/keys/key-store';
import { exportKey, forgetKey, importKeys } from '@muster/pki/keys/offline-keys';
import { type RootKeyOptions, UsageError } from './options.js';
import { say } from './terminal.js';

/** PKCS #8 stretches a passphrase little, so it has to be long by itself. */
const SHORTEST = 20;

/** Keys of roots are called `ca-root-<generation>`. */
const contextOf = (name: string): KeyContext | null => {
  const generation = /^ca-root-(\d+)$/.exec(name)?.[1];
  return generation === undefined ? null : { tenant: null, purpose: 'ca-root', generation: Number(generation) };
};

/**
 * Takes the keys of the roots out of this installation into one encrypted file, or brings them back for as long as something
 * needs them: a rollover, a new tenant, the successor of an authority, a new list. The server may run meanwhile.
 */
export const rootKey = async ({ data, verb, file }: RootKeyOptions): Promise<void> => {
  const folder = join(data, 'keys');
  const names = (await readdir(folder).catch(() => [])).flatMap(
    (entry) => /^(ca-root-\d+)\.key$/.exec(entry)?.[1] ?? [],
  );
  if (verb === 'status')
    return say(
      names.length === 0 ? '  The root key is not in this installation.' : `  Here: ${names.sort().join(', ')}`,
    );
  const keks = await openKeks(folder, { kek: process.env.MUSTER_KEK || undefined });
  if (verb === 'online') {
    const back = await importKeys(folder, keks, await readFile(file, 'utf8'), passphraseGiven(), contextOf);
    return say(`  Back: ${back.join(', ')}. Take it offline again when it is no longer needed.`);
  }
  if (names.length === 0)
    throw new UsageError('There is no root key here in a file: it is offline already, or in another store.');
  const given = process.env.MUSTER_ROOT_PASSPHRASE || undefined;
  if (given !== undefined && given.length < SHORTEST)
    throw new UsageError(`MUSTER_ROOT_PASSPHRASE needs ${SHORTEST} characters; without it a passphrase is made.`);
  const passphrase = given ?? randomBytes(24).toString('base64url');
  const texts: string[] = [];
  for (const name of names) texts.push(await exportKey(folder, keks, { name, context: contextOf(name)! }, passphrase));
  await writeNew(file, texts.join(''));
  // Read again from where it will be kept, before the only other copy goes.
  const kept = await readFile(file, 'utf8');
  if (given === undefined) say(`\n  Passphrase, shown once and kept nowhere: ${passphrase}\n`);
  for (const name of names) await forgetKey(folder, keks, { name, context: contextOf(name)! }, kept, passphrase);
  say(`  ${names.join(', ')} now only in ${file}. Keep file and passphrase apart, and both twice.`);
};

/** Flushed, and never over another file. Not by a link and a rename: a stick for the safe may know neither. */
const writeNew = async (file: string, content: string): Promise<void> => {
  const handle = await open(file, 'wx', 0o600).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code === 'EEXIST') throw new UsageError(`${file} exists; name a new file.`);
    throw fault;
  });
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const passphraseGiven = (): string => {
  const given = process.env.MUSTER_ROOT_PASSPHRASE;
  if (!given) throw new UsageError('Set MUSTER_ROOT_PASSPHRASE to the passphrase of the file.');
  return given;
};
