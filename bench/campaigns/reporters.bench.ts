import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { createLogger } from '@muster/runtime/logging/logger';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ticker } from '../../apps/worker/src/campaigns/ticker.js';
import { analyse, report, timed } from '../report.js';
import { type SeededCampaign, seedWave } from './fleet-in-campaign.js';

const DEVICES = process.env.MUSTER_QUICK ? 200 : 1_000;
const REPORTERS = [1, 50] as const;
const ROUNDS = process.env.MUSTER_QUICK ? 1 : 3;
const walk = ['accepted', 'downloading', 'downloaded', 'installing'] as const satisfies readonly ExecutionState[];

let db: TestDatabase;
let ticker: Ticker;
const clock = new FakeClock('2026-03-01T10:00:00.000Z');
const waves: SeededCampaign[] = [];

beforeAll(async () => {
  db = await testDatabase();
  ticker = new Ticker(db.database, clock, createLogger({ process: 'bench', level: 'error' }), new Registry());
  for (let n = 0; n < REPORTERS.length * (ROUNDS + 1); n++) {
    const wave = await db.database.system((tx) => seedWave(tx, `reports-${n}`, DEVICES, clock.now()));
    await ticker.tick(wave.tenant, wave.campaignId);
    waves.push(wave);
  }
  await analyse(db.ownerUrl);
});
afterAll(() => db.drop());

/** Every device of the wave reports its way to `installing`, so many at a time; resolves to reports per second. */
async function reportAll({ tenant, campaignId }: SeededCampaign, reporters: number): Promise<number> {
  const offered = await db.database.tenant(tenant, (tx) =>
    tx.query<{ id: string; deviceId: string }>(
      `select id, device_id as "deviceId" from executions where campaign_id = $1 and state = 'offered' order by position`,
      [campaignId],
    ),
  );
  expect(offered).toHaveLength(DEVICES);
  const queue = [...offered];
  const reporter = async () => {
    for (let device = queue.pop(); device !== undefined; device = queue.pop())
      for (const state of walk)
        await db.database.tenant(tenant, async (tx) => {
          const row = (await executionStore.lock(tx, device!.id, device!.deviceId))!;
          await executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, clock.now());
        });
  };
  const ms = await timed(() => Promise.all(Array.from({ length: reporters }, reporter)));
  const [row] = await db.database.tenant(tenant, (tx) =>
    tx.query('select counters from campaign_waves where campaign_id = $1', [campaignId]),
  );
  const kept = Object.entries((row as { counters: object }).counters).filter(([, n]) => n !== 0);
  expect(Object.fromEntries(kept)).toEqual({ installing: DEVICES });
  return (DEVICES * walk.length * 1_000) / ms;
}

it(`takes the reports of ${REPORTERS.join(' and ')} reporters on one wave and loses none`, async () => {
  const rates = REPORTERS.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [r, reporters] of REPORTERS.entries()) {
      const rate = await reportAll(waves.pop()!, reporters);
      if (round > 0) rates[r]!.push(rate);
    }
  report(`Reports of devices on one wave of ${DEVICES}, each in a transaction of its own`, [
    { what: 'one reporter (baseline)', rounds: rates[0]!, unit: 'per s' },
    { what: `${REPORTERS[1]} reporters at once`, rounds: rates[1]!, unit: 'per s' },
  ]);
});
