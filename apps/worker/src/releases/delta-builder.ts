import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Database } from '@muster/persistence/database';
import { ArtifactStorage, type StoredContent } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { ContentDamaged } from '@muster/persistence/releases/artifact-storage/content-damaged';
import { uploadsFolder } from '@muster/persistence/releases/artifact-storage/open-storage';
import { type DeltaOutcome, deltaStore, type WantedDelta } from '@muster/persistence/releases/delta.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { readContent } from './read-content.js';
import { digestOfPatched, makePatch } from './zstd-patch.js';

/** Longer than a build of the largest artifacts takes; after it another builder may try. */
const LEASE_MS = 120_000;
/** A delta that spares less is not worth a second thing to fetch. */
const LARGEST_SHARE = 3 / 4;

/**
 * Builds wanted deltas, one at a time. Nothing it leaves behind when it is killed is in the way of the next: the claim is
 * a lease, the store takes the same content again, and a delta is kept only after it was patched back and compared.
 */
@Injectable()
export class DeltaBuilder implements OnModuleDestroy {
  #ending = false;

  constructor(
    private readonly database: Database,
    private readonly storage: ArtifactStorage,
    @Inject(SETTINGS) private readonly settings: Pick<Settings, 'data'>,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Builds whatever is wanted now, and gives up on what has been wanted for too long. */
  async buildAll(): Promise<void> {
    const late = await this.database.system((tx) => deltaStore.expire(tx, this.clock.now()));
    if (late > 0) this.logger.warn({ deltas: late }, 'deltas were not built in time');
    for (let delta = await this.#claim(); delta !== null; delta = await this.#claim()) await this.#settle(delta);
  }

  /** The build under way is finished; what is wanted besides waits for the next worker. */
  onModuleDestroy(): void {
    this.#ending = true;
  }

  async #claim(): Promise<WantedDelta | null> {
    if (this.#ending) return null;
    const now = this.clock.now();
    return this.database.system((tx) => deltaStore.claim(tx, now, new Date(now.getTime() + LEASE_MS)));
  }

  /** What fails for another reason than its content stays wanted: the lease ends, and somebody tries again. */
  async #settle(delta: WantedDelta): Promise<void> {
    const began = performance.now();
    const about = { delta: delta.id, tenant: delta.tenantId, release: delta.toReleaseId };
    try {
      const outcome = await this.#build(delta);
      await this.database.tenant(delta.tenantId, (tx) => deltaStore.settle(tx, delta, outcome, this.clock.now()));
      const ms = Math.round(performance.now() - began);
      this.logger.info({ ...about, ...outcome, of: delta.target.size, ms }, `delta ${outcome.state}`);
    } catch (error) {
      this.logger.warn({ ...about, err: error }, 'a delta could not be built');
    }
  }

  async #build(delta: WantedDelta): Promise<DeltaOutcome> {
    const base = await this.#read(delta, delta.base);
    if (base === null) return { state: 'failed', reasonCode: 'base_damaged' };
    const target = await this.#read(delta, delta.target);
    if (target === null) return { state: 'failed', reasonCode: 'target_damaged' };
    const patch = await makePatch(base, target);
    if (patch.length >= target.length * LARGEST_SHARE) return { state: 'dropped', size: patch.length };
    if ((await digestOfPatched(base, patch)) !== delta.target.sha256) throw new Error('the delta gives other content');
    return { state: 'kept', size: patch.length, sha256: await this.#store(delta, patch) };
  }

  async #read({ tenantId, id }: WantedDelta, content: StoredContent): Promise<Buffer | null> {
    try {
      return await readContent(this.storage, tenantId, content);
    } catch (fault) {
      if (!(fault instanceof ContentDamaged)) throw fault;
      this.logger.error({ err: fault, tenant: tenantId, delta: id }, 'a stored artifact is damaged');
      return null;
    }
  }

  async #store({ tenantId, id }: WantedDelta, patch: Buffer): Promise<string> {
    const sha256 = createHash('sha256').update(patch).digest('hex');
    const folder = uploadsFolder(this.settings.data);
    await mkdir(folder, { recursive: true });
    // Whoever left these has lost the lease.
    for (const name of await readdir(folder))
      if (name.startsWith(`delta-${id}-`)) await rm(join(folder, name), { force: true });
    const path = join(folder, `delta-${id}-${randomUUID()}`);
    const file = await open(path, 'wx');
    try {
      await file.writeFile(patch);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.storage.put(tenantId, sha256, path, patch.length);
    return sha256;
  }
}
