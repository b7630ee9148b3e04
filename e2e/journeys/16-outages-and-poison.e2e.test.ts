import { assertEventually } from '@muster/testkit/assert-eventually';
import { MortalCluster } from '@muster/testkit/mortal-cluster';
import { describe, expect, inject, it } from 'vitest';
import { type Account, accountOf, enrolPlainFleet, printAccount, unacknowledged } from '../stack/accounts.js';
import type { PlainDevice } from '../stack/plain-device.js';
import { Stack } from '../stack/stack.js';

const full = Boolean(process.env.MUSTER_FULL);
const DEVICES = full ? 200 : 60;
const EACH = full ? 2_000 : 250;
const MESSAGES = DEVICES * EACH;
const FROZEN_MS = full ? 60_000 : 15_000;
const STOPPED_MS = full ? 90_000 : 30_000;
const MINUTES = 60_000;

type Value = number | string;

const fill = (devices: readonly PlainDevice[], reading: (n: number) => Value = () => 1): void => {
  const start = Date.now() - EACH * 1_000;
  for (const device of devices)
    for (let n = 0; n < EACH; n++) device.measure(n, new Date(start + n * 1_000), { one: reading(n) });
};

const untilLeft = (devices: readonly PlainDevice[], share: number) =>
  assertEventually(() => expect(unacknowledged(devices)).toBeLessThanOrEqual(MESSAGES * share), {
    within: 5 * MINUTES,
  });

const acknowledgements = (devices: readonly PlainDevice[]) =>
  devices.reduce((sum, device) => sum + device.acknowledgements, 0);

/** Passes once `ms` have gone by in which `look` never threw. */
const throughout = async (ms: number, look: () => void): Promise<void> => {
  const end = performance.now() + ms;
  await assertEventually(
    () => {
      look();
      expect(performance.now()).toBeGreaterThan(end);
    },
    { within: ms + MINUTES },
  );
};

const everything: Account = {
  attempted: MESSAGES,
  acknowledged: MESSAGES,
  stored: MESSAGES,
  quarantined: 0,
  lost: 0,
  duplicated: 0,
  sum: MESSAGES,
};

async function run(stack: Stack, devices: readonly PlainDevice[], what: string, hurt: () => Promise<void>) {
  const began = performance.now();
  for (const device of devices) device.start();
  try {
    await hurt();
    await assertEventually(() => expect(unacknowledged(devices)).toBe(0), { within: 10 * MINUTES });
    const account = await accountOf(stack, devices, MESSAGES);
    printAccount(what, account, devices, (performance.now() - began) / 1_000);
    return account;
  } finally {
    await Promise.all(devices.map((device) => device.end()));
  }
}

describe('what the ingest lives through', () => {
  it(
    'a database that stands still: nothing is acknowledged meanwhile, and afterwards it goes on by itself',
    async () => {
      await using postgres = await MortalCluster.start();
      await using stack = await Stack.start({ cluster: postgres.cluster });
      const devices = await enrolPlainFleet(stack, DEVICES);
      fill(devices);
      const account = await run(stack, devices, `database frozen for ${FROZEN_MS / 1_000} s`, async () => {
        await untilLeft(devices, 0.6);
        postgres.freeze();
        // What was committed before is told within the second by which acknowledgements are gathered.
        let told = -1;
        await assertEventually(
          () => {
            const before = told;
            told = acknowledgements(devices);
            expect(told).toBe(before);
          },
          { every: 2_000 },
        );
        await throughout(FROZEN_MS, () => expect(acknowledgements(devices)).toBe(told));
        postgres.thaw();
      });
      expect(account).toEqual(everything);
    },
    20 * MINUTES,
  );

  it(
    'a database without a byte of disk: what is acknowledged is there, and with room again it goes on by itself',
    async () => {
      await using postgres = await MortalCluster.start({ diskMiB: 600 });
      await using stack = await Stack.start({ cluster: postgres.cluster });
      const devices = await enrolPlainFleet(stack, DEVICES);
      fill(devices);
      const account = await run(stack, devices, 'database disk full', async () => {
        await untilLeft(devices, 0.7);
        postgres.fillDisk();
        let left = -1;
        await assertEventually(
          () => {
            const before = left;
            left = unacknowledged(devices);
            expect(left).toBe(before);
          },
          { every: 3_000, within: 2 * MINUTES },
        );
        postgres.emptyDisk();
        // A server that could not write its log has ended itself, and is started again by whatever watches it.
        if (!postgres.alive) await postgres.start();
      });
      expect(account).toEqual(everything);
    },
    20 * MINUTES,
  );

  it(
    'one of two workers that stands still: the other goes on, and what the first held back counts once',
    async () => {
      await using postgres = await MortalCluster.start();
      const both = [postgres.port, postgres.port];
      await using stack = await Stack.start({ cluster: postgres.cluster, broker: 'mosquitto', workersVia: both });
      const devices = await enrolPlainFleet(stack, DEVICES);
      fill(devices);
      const [first, second] = stack.workers;
      const account = await run(stack, devices, `worker stopped for ${STOPPED_MS / 1_000} s`, async () => {
        await untilLeft(devices, 0.8);
        first!.freeze();
        const left = unacknowledged(devices);
        await throughout(STOPPED_MS, () => {});
        expect(unacknowledged(devices)).toBeLessThan(left / 2);
        first!.thaw();
      });
      expect(account).toEqual(everything);
      const shares = await Promise.all(
        [first, second].map((worker) => worker!.counter('muster_messages_total', { kind: 'telemetry' })),
      );
      expect(Math.min(...shares)).toBeGreaterThan(0);
    },
    20 * MINUTES,
  );

  it(
    'poison in every hundredth message: all of it is quarantined and told, the rest is stored',
    async () => {
      await using stack = await Stack.start({ cluster: inject('postgres') });
      const devices = await enrolPlainFleet(stack, DEVICES);
      fill(devices, (n) => (n % 100 === 7 ? 'poison' : 1));
      const poison = DEVICES * Math.ceil((EACH - 7) / 100);
      const account = await run(stack, devices, '1% poison', async () => {});
      const stored = MESSAGES - poison;
      expect(account).toEqual({ ...everything, stored, sum: stored, quarantined: poison });
      expect(devices.reduce((sum, device) => sum + device.refused.size, 0)).toBe(poison);
    },
    20 * MINUTES,
  );
});
