import { assertEventually } from '@muster/testkit/assert-eventually';
import { MortalCluster } from '@muster/testkit/mortal-cluster';
import { describe, expect, it } from 'vitest';
import { accountOf, enrolPlainFleet, printAccount, unacknowledged } from '../stack/accounts.js';
import type { PlainDevice } from '../stack/plain-device.js';
import { Stack } from '../stack/stack.js';

const full = Boolean(process.env.MUSTER_FULL);
const DEVICES = 200;
const EACH = full ? 5_000 : 400;
const MESSAGES = DEVICES * EACH;
const WORKER_KILLS = full ? 20 : 8;
const BROKER_KILLS = full ? 10 : 2;
const DATABASE_KILLS = full ? 3 : 1;
const MINUTES = 60_000;
const SPAN_MS = 4 * 3_600_000;

/** Readings over the last hours, so that hours and the order of arrival mix. */
const fillBuffers = (devices: readonly PlainDevice[]): void => {
  const start = Date.now() - SPAN_MS - 3_600_000;
  for (const device of devices)
    for (let n = 0; n < EACH; n++) device.measure(n, new Date(start + Math.floor((n * SPAN_MS) / EACH)), { one: 1 });
};

/** `kills` moments of `what`, spread over those of the worker. */
const falls = (kill: number, kills: number): boolean =>
  Math.floor((kill * kills) / WORKER_KILLS) > Math.floor(((kill - 1) * kills) / WORKER_KILLS);

/** Hours whose rollup is not what a recomputation from the messages gives. */
const wrongHours = (stack: Stack) =>
  stack.database.system((tx) =>
    tx.query(
      `with truth as (
         select device_key, coalesce(place_id, 0) as place_id, u.metric,
           date_trunc('hour', produced_at + u.dt * interval '1 ms') as bucket, count(*)::int as n, sum(u.v) as sum
         from messages, unnest(dt_ms, metric, value) u(dt, metric, v)
         where kind = 2 and produced_at < date_trunc('hour', now()) group by 1, 2, 3, 4)
       select * from truth full join telemetry_hourly h using (device_key, place_id, metric, bucket)
       where (truth.n, truth.sum) is distinct from (h.n, h.sum) limit 5`,
    ),
  );

const backlog = async (stack: Stack): Promise<number> => {
  const [row] = await stack.database.system((tx) =>
    tx.query<{ n: number }>(`select count(*) as n from rollup_dirty where bucket < date_trunc('hour', now())`),
  );
  return row!.n;
};

describe('nothing is lost and nothing counts twice', () => {
  it.each([['embedded', 0] as const, ['mosquitto', BROKER_KILLS] as const])(
    `${MESSAGES} messages of ${DEVICES} devices, some three times and all shuffled; broker %s, kill -9 of the worker ${WORKER_KILLS} times, of the broker, which keeps nothing on disk, %d times, of the database ${DATABASE_KILLS} times`,
    async (broker, brokerKills) => {
      await using postgres = await MortalCluster.start();
      await using stack = await Stack.start({ cluster: postgres.cluster, broker, forgetfulBroker: true });
      const devices = await enrolPlainFleet(stack, DEVICES);
      fillBuffers(devices);
      const began = performance.now();
      for (const [n, device] of devices.entries())
        device.start({ copies: full || n % 4 === 0 ? 3 : 1, shuffled: true });
      try {
        // Kills are spread over the whole run: each waits for its share of the messages to be acknowledged.
        for (let kill = 1; kill <= WORKER_KILLS; kill++) {
          const due = MESSAGES - (MESSAGES * kill) / (WORKER_KILLS + 2);
          await assertEventually(() => expect(unacknowledged(devices)).toBeLessThanOrEqual(due), {
            within: 5 * MINUTES,
          });
          if (falls(kill, DATABASE_KILLS)) {
            await postgres.kill();
            await postgres.start();
          }
          await stack.worker.kill();
          if (falls(kill, brokerKills)) {
            await stack.mosquitto!.kill();
            await stack.mosquitto!.start();
          }
          await stack.worker.start();
        }
        await assertEventually(() => expect(unacknowledged(devices)).toBe(0), { within: 10 * MINUTES });
        const seconds = (performance.now() - began) / 1_000;

        const account = await accountOf(stack, devices, MESSAGES);
        printAccount(broker, account, devices, seconds);
        expect(account).toEqual({
          attempted: MESSAGES,
          acknowledged: MESSAGES,
          stored: MESSAGES,
          quarantined: 0,
          lost: 0,
          duplicated: 0,
          sum: MESSAGES,
        });
        await assertEventually(async () => expect(await backlog(stack)).toBe(0), { within: 5 * MINUTES });
        expect(await wrongHours(stack)).toEqual([]);
      } finally {
        await Promise.all(devices.map((device) => device.end()));
      }
    },
    60 * MINUTES,
  );
});
