import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createAtomically, syncFolder, writeAtomically } from './atomic-file.js';
import { EnvelopeFault, kekId } from './envelope.js';
import { filedKeks, type Keks, kekFiles, loadKek } from './kek.js';
import { rewrapFile } from './rewrap-file.js';

export interface RotationReport {
  readonly keys: number;
  readonly rewrapped: number;
  /** Files that no KEK opens: they are as they were, and the KEK in use stays. */
  readonly failed: readonly { readonly name: string; readonly why: string }[];
}

/** Told of every finished step, e.g. to show progress. */
export type OnStep = (step: string) => void;

/** Brings every key of the folder under the current one of `keks`; to be called again after a crash. */
export const rewrapAll = async (folder: string, keks: Keks, onStep: OnStep = () => {}): Promise<RotationReport> =>
  bringUnder(folder, keks, await keks.current(), onStep);

/**
 * A new KEK in the folder's own files, and every key under it. Killed between any two steps, each key opens by a KEK that
 * lies in the folder, and the next call goes on where this one stopped. Running processes notice by themselves.
 */
export const rotateFiledKek = async (folder: string, onStep: OnStep = () => {}): Promise<RotationReport> => {
  const [current, next, previous] = [kekFiles.current, kekFiles.next, kekFiles.previous].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const keks = filedKeks(folder);
  const names = new Set(await readdir(folder));
  // A `previous` without a `next` is a rotation whose switch was made: only what follows the switch is left to do.
  const switched = names.has(kekFiles.previous) && !names.has(kekFiles.next);
  let first: RotationReport | null = null;
  if (!switched) {
    await loadKek(current);
    await createAtomically(next, `${randomBytes(32).toString('base64')}\n`);
    onStep('new key-encryption key');
    first = await bringUnder(folder, keks, await loadKek(next), onStep);
    if (first.failed.length > 0) return first;
    await writeAtomically(previous, await readFile(current));
    onStep('old key-encryption key set aside');
    await rename(next, current);
    await syncFolder(folder);
    onStep('switched');
  }
  // Keys that a running process made under the old KEK before the switch.
  const last = await bringUnder(folder, keks, await keks.current(), onStep);
  if (last.failed.length === 0) {
    await rm(previous, { force: true });
    onStep('old key-encryption key removed');
  }
  return { ...last, rewrapped: last.rewrapped + (first?.rewrapped ?? 0) };
};

const bringUnder = async (folder: string, keks: Keks, kek: Buffer, onStep: OnStep): Promise<RotationReport> => {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.key')).sort();
  const failed: { name: string; why: string }[] = [];
  let rewrapped = 0;
  for (const name of names) {
    try {
      if (await rewrapFile(join(folder, name), keks, kek)) {
        rewrapped++;
        onStep(`${name} under ${kekId(kek)}`);
      }
    } catch (fault) {
      if (!(fault instanceof EnvelopeFault)) throw fault;
      failed.push({ name, why: fault.message });
    }
  }
  return { keys: names.length, rewrapped, failed };
};
