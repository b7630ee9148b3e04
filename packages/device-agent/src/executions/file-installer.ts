import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { Installed, Installer, InstallOutcome, Payload } from './installer.js';
import type { Slots } from './slots.js';
import { ArchiveRefused, unpack } from './unpack.js';

const HEALTH_HOOK = 'hooks/health';
const HEALTH_TIMEOUT_MS = 10_000;

/** The `files` updater: releases in slots below the state folder, switched by a link. */
export class FileInstaller implements Installer {
  constructor(
    private readonly slots: Slots,
    private readonly stateFolder: string,
    /** What the device came with, before any update. */
    private readonly factoryVersion: string,
  ) {}

  async current(): Promise<Installed> {
    const slot = await this.slots.current();
    const label = slot && (await this.slots.label(slot));
    return label ?? { version: this.factoryVersion, releaseId: null, sha256: null, rollbackIndex: 0 };
  }

  async previous(): Promise<Installed | null> {
    return this.slots.label(await this.slots.other());
  }

  async install(payload: Payload, progress: (percent: number) => void): Promise<InstallOutcome> {
    const slot = await this.slots.other();
    await this.slots.clear(slot);
    try {
      await unpack(join(this.stateFolder, payload.path), payload.name, this.slots.pathOf(slot));
    } catch (error) {
      if (error instanceof ArchiveRefused) return { ok: false, code: 'archive_refused', detail: error.message };
      const code = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'disk_full' : 'install_failed';
      return { ok: false, code, detail: (error as Error).message };
    }
    const { version, releaseId, sha256, rollbackIndex } = payload;
    await this.slots.writeLabel(slot, { version, releaseId, sha256, rollbackIndex });
    progress(100);
    return { ok: true };
  }

  async activate(): Promise<void> {
    const from = await this.slots.current();
    const trial = await this.slots.trial();
    // After a crash between writing the trial and switching, `from` still names the old slot: do not turn it around.
    const to =
      trial && !trial.confirmed && trial.ended === null && trial.to !== from ? trial.to : await this.slots.other();
    await this.slots.writeTrial({ from, to, starts: 0, confirmed: false, ended: null });
    await this.slots.point(to);
  }

  async confirm(): Promise<void> {
    const trial = await this.slots.trial();
    if (trial) await this.slots.writeTrial({ ...trial, confirmed: true });
  }

  async revert(): Promise<void> {
    const trial = await this.slots.trial();
    if (!trial || (await this.slots.current()) !== trial.to) return;
    await this.slots.writeTrial({ ...trial, confirmed: true });
    await this.slots.point(trial.from);
  }

  async endedTrial(): Promise<string | null> {
    return (await this.slots.trial())?.ended ?? null;
  }

  /** A release may bring `hooks/health`: exit 0 means well. It is covered by the manifest's digest like all else in it. */
  async check(): Promise<{ healthy: boolean; detail: string | null }> {
    const slot = await this.slots.current();
    if (!slot) return { healthy: true, detail: null };
    const hook = join(this.slots.pathOf(slot), HEALTH_HOOK);
    const exists = await access(hook, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!exists) return { healthy: true, detail: null };
    return new Promise((resolve) => {
      execFile(hook, { cwd: this.slots.pathOf(slot), timeout: HEALTH_TIMEOUT_MS }, (error, stdout, stderr) => {
        if (!error) resolve({ healthy: true, detail: null });
        else resolve({ healthy: false, detail: (stderr || stdout || error.message).trim().slice(0, 300) });
      });
    });
  }
}
