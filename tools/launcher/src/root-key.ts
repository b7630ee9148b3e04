import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAtomically } from '@muster/pki/keys/atomic-file';
import { openKeks } from '@muster/pki/keys/kek';
import type { KeyContext } from '@muster/pki/keys/key-store';
import { exportKey, forgetKey, importKeys } from '@muster/pki/keys/offline-keys';
import { type RootKeyOptions, UsageError } from './options.js';
import { say } from './terminal.js';

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
  const keks = await openKeks(folder, { kek: process.env.MUSTER_KEK });
  if (verb === 'online') {
    const back = await importKeys(folder, keks, await readFile(file, 'utf8'), passphraseGiven(), contextOf);
    return say(`  Back: ${back.join(', ')}. Take it offline again when it is no longer needed.`);
  }
  if (names.length === 0)
    throw new UsageError('There is no root key here in a file: it is offline already, or in another store.');
  const given = process.env.MUSTER_ROOT_PASSPHRASE;
  const passphrase = given ?? randomBytes(24).toString('base64url');
  const texts: string[] = [];
  for (const name of names) texts.push(await exportKey(folder, keks, { name, context: contextOf(name)! }, passphrase));
  if (!(await createAtomically(file, texts.join('')))) throw new UsageError(`${file} exists; name a new file.`);
  // Read again from where it will be kept, before the only other copy goes.
  const kept = await readFile(file, 'utf8');
  if (given === undefined) say(`\n  Passphrase, shown once and kept nowhere: ${passphrase}\n`);
  for (const name of names) await forgetKey(folder, keks, { name, context: contextOf(name)! }, kept, passphrase);
  say(`  ${names.join(', ')} now only in ${file}. Keep file and passphrase apart, and both twice.`);
};

const passphraseGiven = (): string => {
  const given = process.env.MUSTER_ROOT_PASSPHRASE;
  if (!given) throw new UsageError('Set MUSTER_ROOT_PASSPHRASE to the passphrase of the file.');
  return given;
};
