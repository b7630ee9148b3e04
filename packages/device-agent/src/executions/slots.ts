import { lstat, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '../ports/disk-files.js';
import type { Installed } from './installer.js';

export type SlotName = 'a' | 'b';

/** A switch that has not proved itself. `from` null means that nothing was installed before. */
export interface Trial {
  from: SlotName | null;
  to: SlotName;
  starts: number;
  confirmed: boolean;
  /** Why the supervisor went back by itself. */
  ended: string | null;
}

const LABEL = '.release.json';

/**
 * Two folders and a link. `current` always points to a whole slot or is absent; it changes by rename alone, and the
 * folder is synced after it, so a power cut leaves the old pointer or the new one.
 */
export class Slots {
  readonly folder: string;

  constructor(stateFolder: string) {
    this.folder = join(stateFolder, 'slots');
  }

  pathOf(slot: SlotName): string {
    return join(this.folder, slot);
  }

  async current(): Promise<SlotName | null> {
    const target = await readlink(join(this.folder, 'current')).catch(() => null);
    return target === 'a' || target === 'b' ? target : null;
  }

  async other(): Promise<SlotName> {
    return (await this.current()) === 'a' ? 'b' : 'a';
  }

  /** The label of a slot, or null when it is empty or was never finished. */
  async label(slot: SlotName): Promise<Installed | null> {
    return readJson<Installed>(join(this.pathOf(slot), LABEL));
  }

  /** The label is written last and synced: a slot that has one is whole. */
  async writeLabel(slot: SlotName, installed: Installed): Promise<void> {
    await writeFile(join(this.pathOf(slot), LABEL), JSON.stringify(installed), { flush: true });
    await syncFolder(this.pathOf(slot));
  }

  /** Empties a slot for writing. Never the current one. */
  async clear(slot: SlotName): Promise<void> {
    if ((await this.current()) === slot) throw new Error(`slot ${slot} is in use`);
    await rm(this.pathOf(slot), { recursive: true, force: true });
    await mkdir(this.pathOf(slot), { recursive: true, mode: 0o700 });
  }

  async point(slot: SlotName | null): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const link = join(this.folder, 'current');
    if (slot === null) {
      await rm(link, { force: true });
    } else {
      await rm(`${link}.new`, { force: true });
      await symlink(slot, `${link}.new`);
      await rename(`${link}.new`, link);
    }
    await syncFolder(this.folder);
  }

  trial(): Promise<Trial | null> {
    return readJson<Trial>(join(this.folder, 'trial.json'));
  }

  async writeTrial(trial: Trial): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const path = join(this.folder, 'trial.json');
    await writeFile(`${path}.new`, JSON.stringify(trial), { flush: true });
    await rename(`${path}.new`, path);
    await syncFolder(this.folder);
  }

  /** A link that points nowhere is worse than none: back to a whole slot, else to what came with the device. */
  async repair(): Promise<void> {
    const current = await this.current();
    if (current && (await this.label(current))) return;
    const broken = await lstat(join(this.folder, 'current')).catch(() => null);
    const trial = await this.trial();
    if (!broken && (!trial || trial.from === null)) return;
    for (const slot of [trial?.from, 'a', 'b'] as const)
      if (slot && slot !== current && (await this.label(slot))) return this.point(slot);
    await this.point(null);
  }
}

const readJson = async <T>(path: string): Promise<T | null> => {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
};
