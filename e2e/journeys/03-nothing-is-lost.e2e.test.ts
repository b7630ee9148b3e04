import { rollupStore } from '@muster/persistence/telemetry/rollup.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { describe, expect, inject, it } from 'vitest';
import { PlainDevice } from '../stack/plain-device.js';
import { Stack } from '../stack/stack.js';

const DEVICES = 200;
const EACH = 500;
const MESSAGES = DEVICES * EACH;
const WORKER_KILLS = 10;
const MINUTES = 60_000;

/** What the database says, by SQL that shares nothing with the code under test. */
const tally = async (stack: Stack) => {
  const [row] = await stack.database.system((tx) =>
    tx.query<{ stored: number; distinct: number; sum: number; devices: number }>(
      `select count(*) as stored, count(distinct (device_key, seq_no)) as distinct, sum(value[1]) as sum,
         count(distinct device_key) as devices
       from messages where kind = 2 and produced_at > now() - interval '2 days'`,
    ),
  );
  return row!;
};

const enrolFleet = async (stack: Stack): Promise<PlainDevice[]> => {
  const token = await stack.enrollmentToken(DEVICES);
  const devices: PlainDevice[] = [];
  for (let n = 0; n < DEVICES; n += 20) {
    const serials = Array.from({ length: 20 }, (_, i) => `plain-${n + i}`);
    devices.push(...(await Promise.all(serials.map((serial) => PlainDevice.enrol(stack.deviceUrl, token, serial)))));
  }
  return devices;
};

/** Readings of the last hours, one a second, so that days, hours and the order of arrival all mix. */
const fillBuffers = (devices: readonly PlainDevice[]): void => {
  const start = Date.now() - 5 * 3_600_000;
  for (const device of devices)
    for (let n = 0; n < EACH; n++) device.measure(n, new Date(start + n * 1_000), { one: 1 });
};

const unacknowledged = (devices: readonly PlainDevice[]) =>
  devices.reduce((sum, device) => sum + device.unacknowledged, 0);

describe('nothing is lost and nothing counts twice', () => {
  it.each([
    ['embedded', 0],
    ['mosquitto', 3],
  ] as const)(
    `${MESSAGES} messages of ${DEVICES} devices, broker %s, worker killed ${WORKER_KILLS} times and broker %d times`,
    async (broker, brokerKills) => {
      await using stack = await Stack.start({ cluster: inject('postgres'), broker });
      const devices = await enrolFleet(stack);
      fillBuffers(devices);
      const began = performance.now();
      for (const device of devices) device.start();
      try {
        // Kills are spread over the whole run: each waits for its share of the messages to be acknowledged.
        for (let kill = 1; kill <= WORKER_KILLS; kill++) {
          const due = MESSAGES - (MESSAGES * kill) / (WORKER_KILLS + 2);
          await assertEventually(() => expect(unacknowledged(devices)).toBeLessThanOrEqual(due), {
            within: 3 * MINUTES,
          });
          await stack.worker.kill();
          if (kill % 3 === 0 && kill / 3 <= brokerKills) {
            await stack.mosquitto!.kill();
            await stack.mosquitto!.start();
          }
          await stack.worker.start();
        }
        await assertEventually(() => expect(unacknowledged(devices)).toBe(0), { within: 5 * MINUTES });
        const seconds = (performance.now() - began) / 1_000;

        const counts = await tally(stack);
        const sends = devices.reduce((sum, device) => sum + device.sends, 0);
        console.log(
          `${broker}: ${counts.stored} of ${MESSAGES} stored, ${counts.stored - counts.distinct} twice, ` +
            `${MESSAGES - counts.distinct} lost; ${sends} sends, ${sends - MESSAGES} of them repeated; ` +
            `${devices.reduce((sum, device) => sum + device.sessions, 0)} sessions; ${seconds.toFixed(1)} s`,
        );
        expect(counts).toEqual({ stored: MESSAGES, distinct: MESSAGES, sum: MESSAGES, devices: DEVICES });

        // Hours that are over are rolled up from what is stored; the one that runs is read from the messages themselves.
        const { rolled, over } = await stack.database.system(async (tx) => {
          const now = new Date();
          await rollupStore.rollUp(tx, now, 1_000_000);
          const [row] = await tx.query<{ rolled: number; over: number }>(
            `select coalesce((select sum(n) from telemetry_hourly), 0)::bigint as rolled,
               (select count(*) from messages where kind = 2 and produced_at < date_trunc('hour', $1::timestamptz)) as over`,
            [now],
          );
          return row!;
        });
        expect(rolled).toBe(over);
      } finally {
        await Promise.all(devices.map((device) => device.end()));
      }
    },
    15 * MINUTES,
  );
});
