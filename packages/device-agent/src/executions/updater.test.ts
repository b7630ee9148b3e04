import type { ExecutionOrder } from '@muster/contracts/mqtt/downlink';
import type { Manifest } from '@muster/contracts/releases/releases.schema';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../ports/clock.js';
import { Document } from '../ports/document.js';
import { silentLog } from '../ports/log.js';
import { MemoryFiles } from '../ports/memory-files.js';
import type { ExecutionReportBody } from './execution-reports.js';
import { noExecutions } from './execution-state.js';
import type { Installed, Installer } from './installer.js';
import { Updater } from './updater.js';

const id = (n: number) => `0192f0c1-2b3c-7d4e-8f50-${String(n).padStart(12, '0')}`;
const manifest = (version: string, change: Partial<Manifest> = {}): Manifest => ({
  schemaVersion: 1,
  tenant: 'acme',
  releaseId: id(900),
  name: 'firmware',
  version,
  models: ['gw'],
  rollbackIndex: 0,
  artifact: { id: id(901), name: 'f.bin', size: 10, sha256: version.replaceAll('.', '').padEnd(64, '0') },
  createdAt: '2026-01-01T00:00:00.000Z',
  ...change,
});
const offer = (n: number, of: Manifest, change: Partial<ExecutionOrder> = {}): ExecutionOrder => ({
  schemaVersion: 1,
  action: 'offer',
  executionId: id(n),
  campaignId: id(800),
  attempt: 1,
  kind: 'release',
  rollback: false,
  manifest: JSON.stringify(of),
  artifactPath: '/device/v1/artifacts/x',
  ...change,
});

const times = { everyMs: 1, steadyMs: 0, withinMs: 200, linkWithinMs: 400 };
const label = (version: string): Installed => ({ version, releaseId: null, sha256: null, rollbackIndex: 0 });

/** A device whose power fails at one chosen point; what is on its disk stays. */
class World {
  readonly files = new MemoryFiles();
  readonly reports: ExecutionReportBody[] = [];
  disk = { current: label('1.0.0'), other: null as Installed | null, trial: false };
  healthy: (version: string) => boolean = () => true;
  boots = 0;
  points = 0;
  installs = 0;
  cutAt = Number.POSITIVE_INFINITY;
  updater!: Updater;
  /** Resolves when this run of the agent is over, by restart or by power cut. */
  ended!: Promise<void>;

  async boot(): Promise<void> {
    const run = ++this.boots;
    let end!: () => void;
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    const alive = () => run === this.boots;
    const point = (): Promise<void> => {
      if (!alive()) return new Promise(() => undefined);
      if (++this.points !== this.cutAt) return Promise.resolve();
      end();
      return new Promise(() => undefined);
    };
    // Power may fail just before and just after everything that changes the disk.
    const around = async (effect: () => void): Promise<void> => {
      await point();
      effect();
      await point();
    };
    const installer: Installer = {
      current: async () => this.disk.current,
      previous: async () => this.disk.other,
      endedTrial: async () => null,
      check: async () => ({ healthy: this.healthy(this.disk.current.version), detail: null }),
      install: async ({ version, releaseId, sha256, rollbackIndex }) => {
        await around(() => {
          this.installs++;
          this.disk = { ...this.disk, other: { version, releaseId, sha256, rollbackIndex } };
        });
        return { ok: true };
      },
      activate: () =>
        around(() => {
          const { current, other, trial } = this.disk;
          if (!trial && other) this.disk = { current: other, other: current, trial: true };
        }),
      confirm: () => around(() => (this.disk = { ...this.disk, trial: false })),
      revert: () =>
        around(() => {
          const { current, other, trial } = this.disk;
          if (trial && other) this.disk = { current: other, other: current, trial: false };
        }),
    };
    const document = await Document.open(this.files, 'state.json', noExecutions);
    const set = document.set.bind(document);
    document.set = async (value) => {
      await point();
      await set(value);
      await point();
    };
    this.updater = new Updater(
      {
        clock: systemClock,
        log: silentLog,
        power: { bootId: `boot-${run}`, restart: () => end() },
        installer,
        state: document,
        verify: async (jws) => ({ ok: true, claims: JSON.parse(jws) }),
        download: async () => {
          await point();
          return { ok: true };
        },
        artifactAt: () => 'download/x',
        discard: async () => undefined,
        report: async (body) => {
          await point();
          this.reports.push(body);
        },
        health: async () => {
          const healthy = this.healthy(this.disk.current.version);
          return { checks: { release: healthy }, unhealthy: healthy ? null : 'not well' };
        },
        sourcesUp: () => [],
      },
      'gw',
      times,
    );
    void this.updater.recover();
  }

  /** Boots again and again until the update has ended; the server offers again, as it does after every reconnect. */
  async settle(order: ExecutionOrder): Promise<string> {
    for (let run = 0; run < 20; run++) {
      await this.boot();
      void this.updater.receive(order);
      const done = assertEventually(
        () => {
          const last = this.reports.findLast(({ state }) => ['succeeded', 'failed', 'rejected'].includes(state));
          expect(last).toBeDefined();
          return last!.state as string;
        },
        { within: 5_000, every: 1 },
      );
      const outcome = await Promise.race([done, this.ended.then(() => null)]);
      done.catch(() => undefined);
      if (outcome) return outcome;
    }
    throw new Error('the update never ended');
  }
}

describe('an update', () => {
  test('ends the same wherever the power fails once', async () => {
    const smooth = new World();
    expect(await smooth.settle(offer(1, manifest('2.0.0')))).toBe('succeeded');
    for (let cutAt = 1; cutAt <= smooth.points; cutAt++) {
      const world = new World();
      world.cutAt = cutAt;
      expect(await world.settle(offer(1, manifest('2.0.0'))), `power cut at point ${cutAt}`).toBe('succeeded');
      expect(world.disk.current.version).toBe('2.0.0');
      expect(world.disk.other?.version).toBe('1.0.0');
    }
  });

  test('to an unhealthy release ends on the old one wherever the power fails once', async () => {
    const unwell = (version: string) => version !== '2.0.0';
    const smooth = new World();
    smooth.healthy = unwell;
    expect(await smooth.settle(offer(1, manifest('2.0.0')))).toBe('failed');
    for (let cutAt = 1; cutAt <= smooth.points; cutAt++) {
      const world = new World();
      world.healthy = unwell;
      world.cutAt = cutAt;
      expect(await world.settle(offer(1, manifest('2.0.0'))), `power cut at point ${cutAt}`).toBe('failed');
      expect(world.disk.current.version, `power cut at point ${cutAt}`).toBe('1.0.0');
    }
  });

  test('offered twice is installed once', async () => {
    const world = new World();
    const order = offer(1, manifest('2.0.0'));
    await world.settle(order);
    await world.updater.receive(order);
    await world.updater.receive(order);
    expect(world.installs).toBe(1);
    expect(world.reports.at(-1)).toMatchObject({ state: 'succeeded' });
  });

  test.each([
    ['other hardware', manifest('2.0.0', { models: ['other'] }), {}, 'hardware_incompatible'],
    ['an offer that is over', manifest('2.0.0'), { deadline: '2020-01-01T00:00:00.000Z' }, 'deadline_passed'],
    ['a campaign of another kind', manifest('2.0.0'), { kind: 'config' as const }, 'offer_incomplete'],
  ])('for %s is rejected before a byte is fetched', async (_, of, change, code) => {
    const world = new World();
    expect(await world.settle(offer(1, of, change))).toBe('rejected');
    expect(world.reports.map(({ state, reasonCode }) => [state, reasonCode])).toEqual([['rejected', code]]);
  });

  test('never goes below the rollback index that was confirmed', async () => {
    const world = new World();
    await world.settle(offer(1, manifest('2.0.0', { rollbackIndex: 5 })));
    world.reports.length = 0;
    expect(await world.settle(offer(2, manifest('1.9.0', { rollbackIndex: 4 })))).toBe('rejected');
    expect(world.reports[0]).toMatchObject({ reasonCode: 'rollback_index_too_low' });
  });

  test('to what already runs is satisfied at once', async () => {
    const world = new World();
    expect(await world.settle(offer(1, manifest('1.0.0')))).toBe('succeeded');
    expect(world.reports).toHaveLength(1);
    expect(world.reports[0]).toMatchObject({ reasonCode: 'already_satisfied', firmwareVersion: '1.0.0' });
    expect(world.installs).toBe(0);
  });
});
