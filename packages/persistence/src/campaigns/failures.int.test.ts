import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureStore } from './failure.store.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

const gate = { maxFailureRate: 1, maxTimeoutRate: 1, minSuccessRate: 0, minSample: 1, minResolvedShare: 0, soakS: 0 };

describe('failures of a campaign', () => {
  it('are put together, with what the failed share more than the fleet', async () => {
    const tenant = await new CampaignTenant(test.database).open();
    const first = await tenant.release('1.0.0');
    const second = await tenant.release('1.1.0');
    const next = await tenant.release('2.0.0');
    const ids = await tenant.fleet(12, [
      { id: first, version: '1.0.0' },
      { id: second, version: '1.1.0' },
    ]);
    const id = await tenant.launch(next, { gate, concurrency: 12 });
    // Every other device came from 1.1.0; of those, four fail.
    const failing = new Set(ids.filter((_, i) => i % 2 === 1).slice(0, 4));
    await tenant.runThrough(id, (deviceId) => failing.has(deviceId));
    const clusters = await tenant.as((tx) => failureStore.clusters(tx, id));
    expect(clusters).toMatchObject([{ reasonCode: 'install_failed', state: 'failed', count: 4 }]);
    expect(clusters[0]!.attributes).toEqual([{ attribute: 'fromVersion', value: '1.1.0', failed: 4, of: 4, lift: 2 }]);
  });
});
