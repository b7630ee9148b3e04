import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { executionStore } from './execution.store.js';
import { waveStore } from './wave.store.js';

let test: TestDatabase;
let tenant: CampaignTenant;

beforeAll(async () => {
  test = await testDatabase();
  tenant = await new CampaignTenant(test.database).open();
});
afterAll(() => test.drop());

it('what devices fetch and what is spared them adds up in executions and waves', async () => {
  const old = await tenant.release('1.0.0');
  const fresh = await tenant.release('2.0.0');
  await tenant.as((tx) => tx.query('update artifacts set size = 10000'));
  await tenant.fleet(3, [{ id: old, version: '1.0.0' }]);
  const id = await tenant.launch(fresh, { waves: [{ size: { percent: 100 } }] });
  await tenant.tick(id);
  const offered = await tenant.inState(id, 'offered');
  // A delta, the artifact, and the artifact with a part fetched twice.
  const fetched = [300, 10_000, 12_500];
  for (const [n, bytes] of fetched.entries())
    await tenant.as(async (tx) => {
      const row = (await executionStore.lock(tx, offered[n]!.id, offered[n]!.deviceId))!;
      const change = { state: 'downloaded', reasonCode: null, reasonDetail: null, bytes } as const;
      await executionStore.move(tx, row, change, tenant.now);
    });
  const rows = await tenant.as((tx) =>
    tx.query('select bytes_sent as sent, bytes_spared as spared from executions order by bytes_sent'),
  );
  expect(rows).toEqual([
    { sent: 300, spared: 9_700 },
    { sent: 10_000, spared: 0 },
    { sent: 12_500, spared: 0 },
  ]);
  expect(await tenant.as((tx) => waveStore.list(tx, [id]))).toMatchObject([{ bytesSent: 22_800, bytesSpared: 9_700 }]);
});
