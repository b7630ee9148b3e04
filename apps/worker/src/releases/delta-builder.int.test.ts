import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { Database } from '@muster/persistence/database';
import { DiskStorage } from '@muster/persistence/releases/artifact-storage/disk-storage';
import { StorageAway } from '@muster/persistence/releases/artifact-storage/storage-away';
import { deltaStore } from '@muster/persistence/releases/delta.store';
import { createLogger } from '@muster/runtime/logging/logger';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DeltaBuilder } from './delta-builder.js';

const logger = createLogger({ process: 'worker', level: 'silent' });
const kib = (n: number) => n * 1024;

let test: TestDatabase;
let home: string;
let tenant: CampaignTenant;
let clock: FakeClock;
let storage: DiskStorage;
let builder: DeltaBuilder;
let base: string;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

const old = randomBytes(kib(512));
/** The old one with a place changed and something put in. */
const similar = Buffer.concat([old.subarray(0, kib(100)), randomBytes(500), old.subarray(kib(101))]);

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-deltas-'));
  tenant = await new CampaignTenant(test.database).open();
  clock = new FakeClock(tenant.now);
  storage = new DiskStorage(join(home, 'artifacts'));
  builder = new DeltaBuilder(test.database, storage, { data: home }, clock, logger);
  base = await publish('1.0.0', old);
  return () => rmSync(home, { recursive: true, force: true });
});

/** A release whose artifact stands in the store. */
async function publish(version: string, content: Buffer): Promise<string> {
  const id = await tenant.release(version);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await tenant.as((tx) =>
    tx.query(
      'update artifacts a set size = $2, sha256 = $3, received = $2 from releases r where r.id = $1 and a.id = r.artifact_id',
      [id, content.length, sha256],
    ),
  );
  mkdirSync(join(home, 'artifacts', tenant.id), { recursive: true });
  writeFileSync(join(home, 'artifacts', tenant.id, sha256), content);
  return id;
}
const fileOf = (content: Buffer) =>
  join(home, 'artifacts', tenant.id, createHash('sha256').update(content).digest('hex'));

/** A campaign to the release over devices on the base: what its freeze asks for. */
async function want(
  releaseId: string,
  from: readonly { id: string; version: string }[] = [{ id: base, version: '1.0.0' }],
) {
  await tenant.fleet(from.length, from);
  const campaignId = await tenant.launch(releaseId, { waves: [{ size: { percent: 100 } }] });
  await tenant.as((tx) => deltaStore.want(tx, { id: campaignId, releaseId }, clock.now()));
  return campaignId;
}
interface Found {
  state: string;
  reason: string | null;
  size: number | null;
  sha256: string | null;
}
const found = (releaseId: string): Promise<Found[]> =>
  tenant.as((tx) =>
    tx.query<Found>(
      'select state, reason_code as reason, size, sha256 from deltas where to_release_id = $1 order by id',
      [releaseId],
    ),
  );

describe('a delta', () => {
  it('is kept when it is much smaller, and patched back is the artifact', async () => {
    const release = await publish('2.0.0', similar);
    await want(release);
    await builder.buildAll();
    const [delta] = await found(release);
    expect(delta).toMatchObject({ state: 'kept', reason: null });
    expect(delta!.size).toBeLessThan(kib(4));
    expect(readdirSync(join(home, 'artifacts', tenant.id))).toContain(delta!.sha256);
    expect(readdirSync(join(home, 'uploads'))).toEqual([]);
  });

  it('of unrelated artifacts is dropped, and nothing is stored', async () => {
    const release = await publish('2.0.0', randomBytes(kib(300)));
    await want(release);
    await builder.buildAll();
    expect(await found(release)).toMatchObject([{ state: 'dropped', sha256: null }]);
    expect(readdirSync(join(home, 'artifacts', tenant.id))).toHaveLength(2);
  });

  it('is not asked for where it cannot be worth it: first installations, small and gigantic artifacts', async () => {
    const [small, release] = [await publish('1.5.0', randomBytes(500)), await publish('2.0.0', similar)];
    await want(small);
    expect(await found(small)).toEqual([]);
    await tenant.as((tx) =>
      tx.query(`update artifacts set size = 300000000 where sha256 = $1`, [fileOf(old).slice(-64)]),
    );
    await want(release);
    expect(await found(release)).toEqual([]);
  });

  it('names the artifact that is damaged', async () => {
    const release = await publish('2.0.0', similar);
    await want(release);
    writeFileSync(fileOf(similar), Buffer.alloc(similar.length));
    await builder.buildAll();
    expect(await found(release)).toMatchObject([{ state: 'failed', reason: 'target_damaged' }]);
    truncateSync(fileOf(old), 1_000);
    await want(release);
    await builder.buildAll();
    expect(await found(release)).toMatchObject([{ state: 'failed', reason: 'base_damaged' }]);
  });

  it('is asked for once, from the most common bases first, and is used by the next campaign again', async () => {
    const release = await publish('2.0.0', similar);
    const bases = [{ id: base, version: '1.0.0' }];
    for (let n = 1; n <= 6; n++)
      bases.push({ id: await publish(`1.${n}.0`, randomBytes(kib(70))), version: `1.${n}.0` });
    // Three devices on the base, one each on the others: five of the seven bases get a delta.
    await want(release, [...bases.slice(0, 1), ...bases.slice(0, 1), ...bases]);
    const asked = await tenant.as((tx) =>
      tx.query<{ id: string }>('select from_release_id as id from deltas where to_release_id = $1 order by id', [
        release,
      ]),
    );
    expect(asked).toHaveLength(5);
    expect(asked[0]!.id).toBe(base);
    await builder.buildAll();
    const before = await found(release);
    expect(before.map(({ state }) => state)).toEqual(['kept', 'dropped', 'dropped', 'dropped', 'dropped']);
    await want(release);
    expect(await found(release)).toEqual(before);
  });
});

const next = () => new DeltaBuilder(test.database, storage, { data: home }, clock, logger);

/** Its database and its store do nothing more from one of their steps on: before it was done, or after. */
class Mortal {
  #steps = 0;
  dead = false;

  constructor(
    private readonly last: number,
    private readonly when: 'before' | 'after',
  ) {}

  async #step<T>(work: () => Promise<T>): Promise<T> {
    const last = ++this.#steps === this.last;
    if (last && this.when === 'before') this.dead = true;
    if (this.dead) throw new Error('killed');
    const done = await work();
    if (!last) return done;
    this.dead = true;
    if (done instanceof Readable) done.destroy();
    throw new Error('killed');
  }

  database = () =>
    ({
      system: (work: never) => this.#step(() => test.database.system(work)),
      tenant: (id: string, work: never) => this.#step(() => test.database.tenant(id, work)),
    }) as unknown as Database;

  storage = () =>
    ({
      open: (...given: Parameters<DiskStorage['open']>) => this.#step(() => storage.open(...given)),
      put: (...given: Parameters<DiskStorage['put']>) => this.#step(() => storage.put(...given)),
    }) as DiskStorage;
}

describe('a builder', () => {
  it('that was killed at any point leaves the delta to the next when its lease is over', async () => {
    const release = await publish('2.0.0', similar);
    await want(release);
    const claimed = await test.database.system((tx) =>
      deltaStore.claim(tx, clock.now(), new Date(clock.now().getTime() + 120_000)),
    );
    // Killed while it wrote, too.
    mkdirSync(join(home, 'uploads'));
    writeFileSync(join(home, 'uploads', `delta-${claimed!.id}-dead`), 'half');
    await builder.buildAll();
    expect(await found(release)).toMatchObject([{ state: 'wanted' }]);
    clock.advance(121_000);
    await builder.buildAll();
    expect(await found(release)).toMatchObject([{ state: 'kept' }]);
    expect(readdirSync(join(home, 'uploads'))).toEqual([]);
    // It was not dead after all; what it has to say comes too late.
    const outcome = { state: 'failed', reasonCode: 'base_damaged' } as const;
    expect(await tenant.as((tx) => deltaStore.settle(tx, claimed!, outcome, clock.now()))).toBe(false);
    expect(await found(release)).toMatchObject([{ state: 'kept' }]);
  });

  it('that dies before or after any of its steps is made good by the next', async () => {
    for (let step = 1, dead = true; dead; step++)
      for (const when of ['before', 'after'] as const) {
        const release = await publish(
          `2.${step}.${when === 'before' ? 0 : 1}`,
          Buffer.concat([similar, randomBytes(8)]),
        );
        await want(release);
        const mortal = new Mortal(step, when);
        const builder = new DeltaBuilder(mortal.database(), mortal.storage(), { data: home }, clock, logger);
        await builder.buildAll().catch(() => {});
        dead = mortal.dead;
        clock.advance(121_000);
        await next().buildAll();
        expect(await found(release), `died ${when} step ${step}`).toMatchObject([{ state: 'kept' }]);
        expect(readdirSync(join(home, 'uploads'))).toEqual([]);
      }
  });

  it('never works on the delta of another', async () => {
    const release = await publish('2.0.0', similar);
    await want(release);
    const other = new DeltaBuilder(test.database, storage, { data: home }, clock, logger);
    await Promise.all([builder.buildAll(), other.buildAll(), builder.buildAll()]);
    expect(await found(release)).toMatchObject([{ state: 'kept' }]);
  });

  it('tries again when the store was away', async () => {
    const release = await publish('2.0.0', similar);
    await want(release);
    const open = storage.open;
    storage.open = () => Promise.reject(new StorageAway('ECONNREFUSED'));
    await builder.buildAll();
    expect(await found(release)).toMatchObject([{ state: 'wanted' }]);
    storage.open = open;
    clock.advance(121_000);
    await builder.buildAll();
    expect(await found(release)).toMatchObject([{ state: 'kept' }]);
  });

  it('keeps a campaign waiting for ten minutes at most', async () => {
    const release = await publish('2.0.0', similar);
    const campaignId = await want(release);
    const state = async () =>
      (
        await tenant.as((tx) => tx.query<{ state: string }>('select state from campaigns where id = $1', [campaignId]))
      )[0];
    await tenant.tick(campaignId);
    expect(await state()).toEqual({ state: 'preparing' });
    tenant.later(601);
    await tenant.tick(campaignId);
    expect(await state()).toEqual({ state: 'running' });
    clock.advance(601_000);
    rmSync(fileOf(old));
    await builder.buildAll();
    expect(await found(release)).toMatchObject([{ state: 'failed', reason: 'timed_out' }]);
  });

  it('lets the campaign start as soon as its deltas are there', async () => {
    const release = await publish('2.0.0', similar);
    const campaignId = await want(release);
    await tenant.tick(campaignId);
    await builder.buildAll();
    await tenant.tick(campaignId);
    const [row] = await tenant.as((tx) => tx.query('select state from campaigns where id = $1', [campaignId]));
    expect(row).toEqual({ state: 'running' });
  });
});
