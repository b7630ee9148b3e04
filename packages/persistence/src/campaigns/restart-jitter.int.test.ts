import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { executionStore } from './execution.store.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

it('gives a device the restart jitter beside its step, however short a step is', async () => {
  const tenant = await new CampaignTenant(test.database).open();
  const old = await tenant.release('1.0.0');
  const fresh = await tenant.release('2.0.0');
  await tenant.fleet(1, [{ id: old, version: '1.0.0' }]);
  const waves = [{ size: { percent: 100 } }];
  const id = await tenant.launch(fresh, { waves, stepTimeoutS: 120, jitterS: 500, deadlineS: 3600 });
  await tenant.tick(id);
  const [offered] = await tenant.inState(id, 'offered');

  const locked = <T>(work: (...args: Parameters<typeof executionStore.lock>) => Promise<T>) =>
    tenant.as((tx) => work(tx, offered!.id, offered!.deviceId));
  const report = (state: 'installing' | 'rebooting') =>
    locked(async (tx, ...key) => {
      const row = (await executionStore.lock(tx, ...key))!;
      await executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, tenant.now);
    });
  const repeat = () =>
    locked(async (tx, ...key) => {
      const row = (await executionStore.lock(tx, ...key))!;
      await executionStore.touch(tx, row, { phase: 'waiting to restart', progress: null }, tenant.now);
    });
  const stateAfter = async (seconds: number) => {
    tenant.later(seconds);
    await tenant.tick(id);
    return (await locked(executionStore.lock))!.state;
  };

  await report('installing');
  expect(await stateAfter(600)).toBe('installing');
  await repeat();
  expect(await stateAfter(600)).toBe('installing');
  await report('rebooting');
  expect(await stateAfter(121)).toBe('in_doubt');
});
