import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deltaStore } from '@muster/persistence/releases/delta.store';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { testDatabase } from '@muster/testkit/postgres';
import { expect, it } from 'vitest';
import { testWorker } from '../worker.harness.js';

it('a worker builds what a launched campaign wants by itself', async () => {
  const test = await testDatabase();
  const home = mkdtempSync(join(tmpdir(), 'muster-worker-'));
  const tenant = await new CampaignTenant(test.database).open();
  const publish = async (version: string, content: Buffer) => {
    const id = await tenant.release(version);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const sql =
      'update artifacts a set size = $2, sha256 = $3 from releases r where r.id = $1 and a.id = r.artifact_id';
    await tenant.as((tx) => tx.query(sql, [id, content.length, sha256]));
    mkdirSync(join(home, 'artifacts', tenant.id), { recursive: true });
    writeFileSync(join(home, 'artifacts', tenant.id, sha256), content);
    return id;
  };
  const old = randomBytes(200_000);
  const [from, to] = [await publish('1.0.0', old), await publish('2.0.0', Buffer.concat([old, randomBytes(100)]))];
  const [device] = await tenant.fleet(3, [{ id: from, version: '1.0.0' }]);
  const campaignId = await tenant.launch(to);
  await tenant.as((tx) => deltaStore.want(tx, { id: campaignId, releaseId: to }, new Date()));
  {
    await using _worker = await testWorker(test, [], home);
    await assertEventually(async () => {
      const offered = await tenant.as((tx) => deltaStore.deltaFor(tx, device!, to));
      expect(offered).toMatchObject({ baseSha256: createHash('sha256').update(old).digest('hex') });
    });
  }
  await test.drop();
});
