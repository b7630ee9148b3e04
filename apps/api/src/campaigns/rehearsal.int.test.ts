import { deviceStore } from '@muster/persistence/devices/device.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { Module } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openHarness } from '../people.harness.js';
import { RehearsalController } from './rehearsal.controller.js';
import { RehearsalService } from './rehearsal.service.js';

/** Only what a rehearsal needs: it reads and changes nothing. */
@Module({ controllers: [RehearsalController], providers: [RehearsalService] })
class RehearsalModule {}

const DEVICES = 150;
const WITH_HISTORY = 30;

let test: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
const clock = new FakeClock();

beforeAll(async () => {
  test = await testDatabase();
  api = await openHarness(test.database, clock, [RehearsalModule]);
  const now = clock.now();
  await test.database.tenant(api.tenantId, async (tx) => {
    for (let i = 0; i < DEVICES; i++) {
      const row = await deviceStore.insert(
        tx,
        {
          name: `gw-${i}`,
          serial: `R-${i}`,
          model: 'rehearsed',
          hardwareRevision: null,
          class: 'gateway',
          site: `site-${i % 3}`,
          labels: {},
          state: 'active',
        },
        now,
      );
      if (i >= WITH_HISTORY) continue;
      // Away for six of every twelve hours.
      for (let h = 1; h <= 10; h++)
        await tx.execute(
          `insert into device_events (tenant_id, device_id, id, at, kind, summary) values ($1, $2, $3, $4, $5, '')`,
          [
            api.tenantId,
            row!.id,
            uuidv7(),
            new Date(now.getTime() - h * 6 * 3_600_000),
            h % 2 === 0 ? 'online' : 'offline',
          ],
        );
    }
  });
});
afterAll(async () => {
  await api.close();
  await test.drop();
});

const plan = {
  waves: [{ size: { percent: 10 } }, { size: { percent: 100 } }],
  gate: { soakS: 60 },
  concurrency: 50,
};
const ask = (over: object = {}, campaign: object = {}) =>
  api.as('viewer').post('/campaigns/rehearsal', {
    campaign: {
      name: 'ping all',
      kind: 'command',
      command: { name: 'ping' },
      selector: { model: ['rehearsed'] },
      plan,
      ...campaign,
    },
    runs: 5,
    ...over,
  });

describe('POST /campaigns/rehearsal', () => {
  it('plays the campaign over the fleet as it came and went', async () => {
    const answer = await ask();
    expect(answer.statusCode).toBe(200);
    const rehearsal = answer.json();
    expect(rehearsal).toMatchObject({ targets: DEVICES, withHistory: WITH_HISTORY, runs: 5, haltShare: 0 });
    expect(rehearsal.sentence).toMatch(/^A good release reaches everybody who comes online in 5 of 5 runs\./);
    // Without absences it takes some minutes.
    expect(rehearsal.durationS.p50).toBeGreaterThan(1800);
    expect(rehearsal.waves.map((wave: { size: number }) => wave.size)).toEqual([15, 135]);
  });

  it('shows how many devices a bad release reaches before it is halted, and gives the same answer again', async () => {
    const [first, again] = await Promise.all([ask({ failureRate: 0.4 }), ask({ failureRate: 0.4 })]);
    const { tookMs: _, ...rehearsal } = first.json();
    expect(rehearsal.haltShare).toBe(1);
    expect(rehearsal.exposed.max).toBeLessThan(30);
    const { tookMs: __, ...second } = again.json();
    expect(second).toEqual(rehearsal);
  });

  it('names what is wrong with a plan instead of playing it', async () => {
    const waves = [{ size: { percent: 10 } }, { size: { percent: 50 } }];
    expect((await ask({}, { plan: { ...plan, waves } })).json()).toMatchObject({
      code: 'plan_uncovering',
      status: 422,
    });
    expect((await ask({ failureRate: 2 })).json()).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/body/failureRate' }],
    });
    expect((await ask({}, { selector: { model: ['nothing'] } })).json()).toMatchObject({ code: 'no_eligible_targets' });
  });
});
