import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionReportState } from '@muster/contracts/campaigns/executions.schema';
import { applyReport } from '@muster/domain/campaigns/apply-report';
import { isLive } from '@muster/domain/campaigns/execution.machine';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { noteRegression } from '@muster/persistence/campaigns/note-regression';
import type { Database, Tx } from '@muster/persistence/database';
import { createLogger } from '@muster/runtime/logging/logger';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ticker } from './ticker.js';

const DEVICES = 14;
const CAP = 3;

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

class Crash extends Error {}

/** Real transactions that end, as a killed process ends them, before the n-th statement from now; then all is well again. */
class CrashingDatabase {
  #left = Number.POSITIVE_INFINITY;
  crashes = 0;

  crashBefore(statement: number): void {
    this.#left = statement;
  }

  tenant = <T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
    test.database.tenant(tenantId, async (tx) => {
      const counted =
        <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
        (...args: A): Promise<R> => {
          this.#count();
          return call(...args);
        };
      const result = await work({
        ...tx,
        query: counted(tx.query) as Tx['query'],
        execute: counted(tx.execute),
        prepared: counted(tx.prepared) as Tx['prepared'],
      });
      // The last line of all: everything is written and not committed.
      this.#count();
      return result;
    });

  #count(): void {
    if (--this.#left > 0) return;
    this.#left = Number.POSITIVE_INFINITY;
    this.crashes++;
    throw new Crash();
  }
}

/** What a device makes of an offer, step by step; `lies` claims to run what it does not. */
const lives = {
  good: ['accepted', 'installing', 'succeeded'],
  fails: ['accepted', 'failed'],
  rejects: ['rejected'],
  silent: ['accepted'],
  lies: ['accepted', 'succeeded'],
  late: ['accepted', 'installing', 'wait', 'succeeded'],
  regresses: ['accepted', 'installing', 'succeeded', 'wait', 'regressed'],
} as const satisfies Record<string, readonly (ExecutionReportState | 'wait')[]>;
type Life = keyof typeof lives;

const withoutZeros = (counts: unknown): object =>
  Object.fromEntries(Object.entries(counts as object).filter(([, n]) => n !== 0));

class Stage {
  readonly crashing = new CrashingDatabase();
  readonly ticker: Ticker;
  readonly #said = new Map<string, number>();
  /** Nobody had anything to say when everybody was asked last. */
  #quiet = false;

  private constructor(
    readonly tenant: CampaignTenant,
    readonly campaignId: string,
    readonly lifeOf: ReadonlyMap<string, Life>,
  ) {
    const logger = createLogger({ process: 'test', level: 'silent' });
    const clock = { now: () => tenant.now, monotonic: () => 0 };
    this.ticker = new Ticker(this.crashing as unknown as Database, clock, logger, new Registry());
  }

  static async open(given: readonly Life[], autoRollback: boolean): Promise<Stage> {
    const tenant = await new CampaignTenant(test.database).open();
    const old = await tenant.release('1.0.0');
    const next = await tenant.release('2.0.0');
    const ids = await tenant.fleet(DEVICES, [{ id: old, version: '1.0.0' }]);
    const campaignId = await tenant.launch(next, { concurrency: CAP, autoRollback });
    return new Stage(tenant, campaignId, new Map(ids.map((id, i) => [id, given[i % given.length]!] as const)));
  }

  campaigns = (): Promise<{ id: string; state: CampaignState }[]> =>
    this.tenant.as((tx) => tx.query('select id, state from campaigns where tenant_id = $1', [this.tenant.id]));

  executions = (): Promise<
    { id: string; deviceId: string; state: string; campaignId: string; provisional: boolean }[]
  > =>
    this.tenant.as((tx) =>
      tx.query(
        `select id, device_id as "deviceId", state, campaign_id as "campaignId", provisional from executions where tenant_id = $1 order by id`,
        [this.tenant.id],
      ),
    );

  /** Ticks everything there is; a crash is what a restarted worker finds. */
  async tick(): Promise<void> {
    for (const { id } of await this.campaigns())
      await this.ticker.tick(this.tenant.id, id).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
  }

  /** The next word of one device about one execution; said again, `times` in all, as a link that loses answers does. */
  async report(pick: number, times: number): Promise<void> {
    const told = (await this.executions()).filter((it) => it.state !== 'queued');
    const one = told[pick % Math.max(1, told.length)];
    if (one !== undefined) await this.#say(one, times);
  }

  async reportAll(): Promise<void> {
    const before = [...this.#said.values()].reduce((sum, n) => sum + n, 0);
    for (const one of await this.executions()) if (one.state !== 'queued') await this.#say(one, 1);
    this.#quiet = before === [...this.#said.values()].reduce((sum, n) => sum + n, 0);
  }

  /** Nobody is busy, and nothing will move by itself. */
  async isAtRest(): Promise<boolean> {
    const resting: readonly CampaignState[] = ['completed', 'completed_with_stragglers', 'failed'];
    const states = (await this.campaigns()).map(({ state }) => state);
    return this.#quiet && states.every((state) => resting.includes(state));
  }

  async #say(one: { id: string; deviceId: string; campaignId: string }, times: number): Promise<void> {
    const returning = one.campaignId !== this.campaignId;
    const script: readonly (ExecutionReportState | 'wait')[] = returning
      ? lives.good
      : lives[this.lifeOf.get(one.deviceId)!];
    const at = this.#said.get(one.id) ?? 0;
    const said = script[at];
    if (said === undefined) return;
    for (let n = 0; n < times; n++)
      if (said !== 'wait')
        await this.#hear(one, said, returning).catch((error: unknown) => {
          if (!(error instanceof Crash)) throw error;
          times++;
        });
    this.#said.set(one.id, at + 1);
  }

  #hear(one: { id: string; deviceId: string }, state: ExecutionReportState, returning: boolean): Promise<void> {
    const { now } = this.tenant;
    return this.crashing.tenant(this.tenant.id, async (tx) => {
      const row = (await executionStore.lock(tx, one.id, one.deviceId))!;
      const honest = returning || this.lifeOf.get(one.deviceId) !== 'lies';
      const firmwareVersion = state === 'succeeded' ? (honest ? row.releaseVersion! : '1.0.0') : undefined;
      const outcome = applyReport(
        { state: row.state, provisional: row.provisional, wantedVersion: row.releaseVersion },
        { state, firmwareVersion },
      );
      if (outcome.kind !== 'moved') return;
      if (outcome.state === 'regressed') {
        await tx.execute(`update devices set firmware_version = '1.0.0' where id = $1`, [one.deviceId]);
        return noteRegression(tx, row, { code: 'fell_back', detail: null }, now);
      }
      if (firmwareVersion !== undefined)
        await tx.execute('update devices set firmware_version = $2 where id = $1', [one.deviceId, firmwareVersion]);
      await executionStore.move(tx, row, outcome, now);
    });
  }

  async later(seconds: number): Promise<void> {
    this.tenant.later(seconds);
    await this.tenant.as((tx) =>
      tx.execute('update device_state set last_seen_at = $1 where tenant_id = $2', [this.tenant.now, this.tenant.id]),
    );
  }

  /** What must hold at any moment. */
  async check(): Promise<void> {
    const all = await this.executions();
    for (const { id, state } of await this.campaigns()) {
      for (const { kept, counted } of await this.tenant.recount(id)) expect(withoutZeros(kept)).toEqual(counted);
      const mine = all.filter((it) => it.campaignId === id);
      expect(mine).toHaveLength(id === this.campaignId ? DEVICES : new Set(mine.map((it) => it.deviceId)).size);
      // A device we had given up may be at it all the same: it says so, and takes a slot nobody gave it.
      const given = mine.filter((it) => !it.provisional);
      const slots = given.filter(
        (it) => isLive(it.state as never) && it.state !== 'soaking' && it.state !== 'deferred',
      );
      expect(slots.length).toBeLessThanOrEqual(CAP);
      if (state === 'halted') expect(mine.filter((it) => it.state === 'offered')).toEqual([]);
    }
    const live = all.filter((it) => isLive(it.state as never)).map((it) => it.deviceId);
    expect(new Set(live).size).toBe(live.length);
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('report' as const),
      pick: fc.nat(40),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tick' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), before: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('later' as const), seconds: fc.constantFrom(5, 20, 130, 700) }),
  },
);
const worlds = fc.record({
  lives: fc.array(
    fc.oneof(
      { weight: 5, arbitrary: fc.constant<Life>('good') },
      { weight: 3, arbitrary: fc.constantFrom(...(Object.keys(lives) as Life[])) },
    ),
    { minLength: DEVICES, maxLength: DEVICES },
  ),
  autoRollback: fc.boolean(),
  steps: fc.array(step, { minLength: 30, maxLength: 60 }),
});

describe('a campaign whose worker dies between any two statements', () => {
  it('keeps its counts and its cap, offers nothing once halted, and leaves no device without an end', async () => {
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(worlds, async ({ lives: given, autoRollback, steps }) => {
        const stage = await Stage.open(given, autoRollback);
        for (const it of steps) {
          if (it.kind === 'report') await stage.report(it.pick, it.times);
          else if (it.kind === 'tick') await stage.tick();
          else if (it.kind === 'later') await stage.later(it.seconds);
          else stage.crashing.crashBefore(it.before);
          if (it.kind === 'tick' || it.kind === 'crash') await stage.check();
        }
        stage.crashing.crashBefore(Number.POSITIVE_INFINITY);
        // Everybody who has something to say says it, and the clocks run out for the rest.
        for (let round = 0; round < 60 && !(await stage.isAtRest()); round++) {
          await stage.reportAll();
          await stage.later(round % 3 === 2 ? 700 : 20);
          await stage.tick();
        }
        await stage.check();
        crashes += stage.crashing.crashes;
        const ends = ['completed', 'completed_with_stragglers', 'halted', 'failed', 'rolling_back'];
        for (const { state } of await stage.campaigns()) expect(ends).toContain(state);
        const unfinished = (await stage.executions()).filter((it) => isLive(it.state as never));
        expect(unfinished).toEqual([]);
      }),
      process.env.MUSTER_FULL
        ? { numRuns: 1_000, interruptAfterTimeLimit: 200_000 }
        : { numRuns: 12, seed: 20_261_121 },
    );
    expect(crashes).toBeGreaterThan(12);
  }, 240_000);
});
