import { createLogger } from '@muster/runtime/logging/logger';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Ticker } from '../../apps/worker/src/campaigns/ticker.js';
import { analyse, report, timed } from '../report.js';
import { type SeededCampaign, seedWave } from './fleet-in-campaign.js';

const DEVICES = 10_000;
const ROUNDS = process.env.MUSTER_QUICK ? 1 : 3;
/** The naive loop is timed over so many devices, for all of them would take minutes. */
const SAMPLE = 300;
const LIMIT_MS = 5_000;

let db: TestDatabase;
let ticker: Ticker;
const clock = new FakeClock('2026-03-01T10:00:00.000Z');
const waves: SeededCampaign[] = [];

beforeAll(async () => {
  db = await testDatabase();
  ticker = new Ticker(db.database, clock, createLogger({ process: 'bench', level: 'error' }), new Registry());
  // One more than is measured: the first warms up. The last is for the naive loop.
  for (let n = 0; n < ROUNDS + 2; n++)
    waves.push(await db.database.system((tx) => seedWave(tx, `wave-${n}`, DEVICES, clock.now())));
  await analyse(db.ownerUrl);
});
afterAll(() => db.drop());

/** As it is often done: each device in a transaction of its own, its row, the count and the letter. */
async function offerOneByOne({ tenant, campaignId }: SeededCampaign): Promise<void> {
  const ids = await db.database.tenant(tenant, (tx) =>
    tx.query<{ id: string }>(
      `select id from executions where campaign_id = $1 and state = 'queued' order by position limit $2`,
      [campaignId, SAMPLE],
    ),
  );
  expect(ids).toHaveLength(SAMPLE);
  for (const { id } of ids)
    await db.database.tenant(tenant, async (tx) => {
      const [row] = await tx.query<{ deviceId: string; connected: boolean }>(
        `select e.device_id as "deviceId", s.connected from executions e join device_state s on s.device_id = e.device_id
         where e.id = $1 and e.state = 'queued' for update of e`,
        [id],
      );
      if (row?.connected !== true) return;
      await tx.query(
        `update executions set state = 'offered', since = $2, offered_at = $2, version = version + 1 where id = $1`,
        [id, clock.now()],
      );
      await tx.query(
        `update campaign_waves set counters = counters || jsonb_build_object('queued', (counters->>'queued')::int - 1,
           'offered', coalesce((counters->>'offered')::int, 0) + 1) where campaign_id = $1`,
        [campaignId],
      );
      await tx.query(
        `insert into outbox (id, tenant_id, type, key, payload) values ($1, $2, 'execution.offered', $3, '{}')`,
        [uuidv7(), tenant, row.deviceId],
      );
    });
}

const offered = ({ tenant, campaignId }: SeededCampaign) =>
  db.database.tenant(tenant, async (tx) => {
    const [row] = await tx.query<{ rows: number; kept: number }>(
      `select (select count(*)::int from executions where campaign_id = $1 and state = 'offered') as rows,
         (select (counters->>'offered')::int from campaign_waves where campaign_id = $1) as kept`,
      [campaignId],
    );
    return row;
  });

it(`opens a wave of ${DEVICES} devices`, async () => {
  const took: number[] = [];
  for (const wave of waves.slice(0, -1)) {
    took.push(await timed(() => ticker.tick(wave.tenant, wave.campaignId)));
    expect(await offered(wave)).toEqual({ rows: DEVICES, kept: DEVICES });
  }
  const naive: number[] = [];
  for (let round = 0; round < ROUNDS; round++)
    naive.push((await timed(() => offerOneByOne(waves.at(-1)!))) * (DEVICES / SAMPLE));
  const rounds = took.slice(1);
  report(`A wave of ${DEVICES} devices opens: from the tick to as many offers committed; wanted below ${LIMIT_MS} ms`, [
    { what: `one transaction a device, from ${SAMPLE} of them (baseline)`, rounds: naive, unit: 'ms' },
    { what: 'the tick', rounds, unit: 'ms' },
  ]);
});
