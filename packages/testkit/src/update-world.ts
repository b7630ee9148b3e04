import type { ExecutionOrder } from '@muster/contracts/mqtt/downlink';
import type { Manifest } from '@muster/contracts/releases/releases.schema';
import type { ExecutionReportBody } from '@muster/device-agent/executions/execution-reports';
import { noExecutions } from '@muster/device-agent/executions/execution-state';
import type { Installed, Installer } from '@muster/device-agent/executions/installer';
import type { Conditions } from '@muster/device-agent/executions/judge-readiness';
import type { Objection } from '@muster/device-agent/executions/update-steps';
import { Updater } from '@muster/device-agent/executions/updater';
import { type Clock, systemClock } from '@muster/device-agent/ports/clock';
import { Document } from '@muster/device-agent/ports/document';
import { silentLog } from '@muster/device-agent/ports/log';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import { assertEventually } from './assert-eventually.js';

export const id = (n: number) => `0192f0c1-2b3c-7d4e-8f50-${String(n).padStart(12, '0')}`;
export const manifest = (version: string, change: Partial<Manifest> = {}): Manifest => ({
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
export const offer = (n: number, of: Manifest, change: Partial<ExecutionOrder> = {}): ExecutionOrder => ({
  schemaVersion: 1,
  action: 'offer',
  executionId: id(n),
  campaignId: id(800),
  attempt: 1,
  kind: 'release',
  rollback: false,
  manifest: JSON.stringify(of),
  artifactPath: '/device/v1/artifacts/x',
  offer: allowing({}),
  ...change,
});
/** What the signed offer says beside its releases. */
export const allowing = (change: object) =>
  JSON.stringify({ releaseId: id(900), iat: 1, rollback: false, downgrade: false, ...change });

const times = { everyMs: 1, steadyMs: 0, withinMs: 200, linkWithinMs: 400 };
export const label = (version: string): Installed => ({ version, releaseId: null, sha256: null, rollbackIndex: 0 });

/** A device whose power fails at one chosen point; what is on its disk stays. */
export class UpdateWorld {
  readonly files = new MemoryFiles();
  readonly reports: ExecutionReportBody[] = [];
  disk = { current: label('1.0.0'), other: null as Installed | null, trial: false };
  healthy: (version: string) => boolean = () => true;
  boots = 0;
  points = 0;
  installs = 0;
  cutAt = Number.POSITIVE_INFINITY;
  clock: Clock = systemClock;
  conditions: Conditions = { power: {}, freeBytes: null };
  objection: Objection | null = null;
  /** Ends a download; none is under way while it is null. */
  downloaded: (() => void) | null = null;
  slow = false;
  downloads = 0;
  /** An installation takes until this resolves. */
  installing: Promise<void> | null = null;
  /** What lies in the download folder. */
  shelf = new Map<string, number>();
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
        await this.installing;
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
        clock: this.clock,
        random: () => 0.5,
        log: silentLog,
        power: { bootId: `boot-${run}`, restart: () => end() },
        installer,
        state: document,
        verify: {
          manifest: async (jws) => ({ ok: true, claims: JSON.parse(jws) }),
          offer: async (jws) =>
            jws.startsWith('{')
              ? { ok: true, claims: JSON.parse(jws) }
              : { ok: false, fault: jws as 'signature_invalid' },
        },
        artifacts: {
          pathOf: (sha256) => `download/${sha256}`,
          sizeOf: async (sha256) => this.shelf.get(sha256) ?? 0,
          tidy: async (keep) => {
            for (const sha256 of this.shelf.keys()) if (!keep.includes(sha256)) this.shelf.delete(sha256);
          },
          fetch: async ({ manifest: { artifact } }, _, signal) => {
            await point();
            this.downloads++;
            if (this.slow)
              await new Promise<void>((resolve) => {
                this.downloaded = resolve;
                signal.addEventListener('abort', () => resolve());
              });
            if (signal.aborted) return { ok: false, code: 'cancelled', detail: 'cancelled' };
            this.shelf.set(artifact.sha256, artifact.size);
            return { ok: true, bytes: artifact.size };
          },
        },
        conditions: async () => this.conditions,
        objection: async () => this.objection,
        keepsArtifact: () => true,
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
      { model: 'gw', serial: 's1', hardwareRevision: 'B' },
      times,
    );
    void this.updater.recover();
  }

  /** What was told so far, in order and without repetitions; or, given a line, waits until it is the last one. */
  told(): string[];
  told(line: string): Promise<void>;
  told(line?: string): string[] | Promise<void> {
    const lines = () =>
      this.reports
        .map(({ state, reasonCode }) => (reasonCode === undefined ? state : `${state} ${reasonCode}`))
        .filter((text, i, all) => text !== all[i - 1]);
    if (line === undefined) return lines();
    const check = () => {
      if (lines().at(-1) !== line) throw new Error(`told ${lines().join(', ')}; not ${line}`);
    };
    return assertEventually(check, { within: 3_000, every: 1 });
  }

  /** Boots again and again until the update has ended; the server offers again, as it does after every reconnect. */
  async settle(order: ExecutionOrder): Promise<string> {
    for (let run = 0; run < 20; run++) {
      await this.boot();
      void this.updater.receive(order);
      const done = assertEventually(
        () => {
          const last = this.reports.findLast(({ state }) => ['succeeded', 'failed', 'rejected'].includes(state));
          if (!last) throw new Error('the update has not ended');
          return last.state as string;
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

/** A device in the middle of a download. */
export async function busy(order = offer(1, manifest('2.0.0')), clock: Clock = systemClock): Promise<UpdateWorld> {
  const world = new UpdateWorld();
  world.clock = clock;
  world.slow = true;
  await world.boot();
  await world.updater.receive(order);
  await assertEventually(() => {
    if (!world.downloaded) throw new Error('no download began');
  });
  return world;
}
