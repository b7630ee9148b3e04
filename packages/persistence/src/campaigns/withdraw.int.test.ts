import { CampaignTenant } from '@muster/testkit/campaign-tenant';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commandStore } from '../commands/command.store.js';
import { outbox } from '../outbox/outbox.store.js';
import { executionStore } from './execution.store.js';
import { pauseEverything } from './pause-everything.js';
import { recalledStore } from './recalled.store.js';
import { stagedConfigStore } from './staged-config.store.js';

let test: TestDatabase;
let tenant: CampaignTenant;
let id: string;

beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());
beforeEach(async () => {
  tenant = await new CampaignTenant(test.database).open();
  tenant.now = new Date();
  const old = await tenant.release('1.0.0');
  await tenant.fleet(4, [{ id: old, version: '1.0.0' }]);
  id = await tenant.launch(await tenant.release('2.0.0'), { waves: [{ size: { percent: 100 } }], concurrency: 4 });
  await tenant.tick(id);
});

const pauseAll = () =>
  tenant.as(async (tx) => {
    const letters = await pauseEverything(tx, { by: 'anna', reason: 'smoke' }, tenant.now);
    await outbox.dropAll(tx, letters);
    return letters.map((letter) => letter.type).sort();
  });
const states = () =>
  tenant.as((tx) =>
    tx.query<{ state: string; reason: string | null }>(
      'select state, reason_code as reason from executions where campaign_id = $1 order by position',
      [id],
    ),
  );
const toKind = (kind: string) =>
  tenant.as((tx) => tx.query('update campaigns set kind = $2, release_id = null where id = $1', [id, kind]));

describe('taking updates back', () => {
  it('puts those before the point of no return into their queue, as if never offered, and tells the devices', async () => {
    const offered = await tenant.inState(id, 'offered');
    const steps = ['downloaded', 'installing', 'soaking'] as const;
    for (const [i, state] of steps.entries())
      await tenant.as(async (tx) => {
        const row = (await executionStore.lock(tx, offered[i]!.id, offered[i]!.deviceId))!;
        await executionStore.move(tx, row, { state, reasonCode: null, reasonDetail: null }, tenant.now);
      });
    expect(await pauseAll()).toEqual(['campaign.changed', 'execution.cancelled', 'execution.cancelled']);
    expect(await states()).toEqual([
      { state: 'queued', reason: 'kill_switch' },
      { state: 'installing', reason: null },
      { state: 'soaking', reason: null },
      { state: 'queued', reason: 'kill_switch' },
    ]);
    for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
    const again = await tenant.as((tx) => recalledStore.ofDevice(tx, offered[0]!.deviceId));
    expect(again).toMatchObject({ executionId: offered[0]!.id });
    expect(await tenant.as((tx) => recalledStore.ofDevice(tx, offered[1]!.deviceId))).toBeNull();
    const [row] = await tenant.as((tx) => executionStore.ofDevice(tx, offered[0]!.deviceId, null, 1));
    expect(row).toMatchObject({ attempt: 1, offeredAt: null, deadlineAt: null, finishedAt: null });
  });

  it('withdraws commands that were never sent, and leaves alone what may be running', async () => {
    await toKind('command');
    const offered = await tenant.inState(id, 'offered');
    const ids: string[] = [];
    for (const { id: executionId, deviceId } of offered.slice(0, 2))
      await tenant.as(async (tx) => {
        const row = (await executionStore.lock(tx, executionId, deviceId))!;
        await executionStore.move(tx, row, { state: 'accepted', reasonCode: null, reasonDetail: null }, tenant.now);
        const order = { id: uuidv7(), deviceId, name: 'ping', args: {}, timeoutS: 30, executionId, createdBy: 'c' };
        const expiresAt = new Date(tenant.now.getTime() + 60_000);
        ids.push((await commandStore.insert(tx, { ...order, expiresAt }, tenant.now))!.id);
      });
    await tenant.as((tx) => commandStore.step(tx, ids[1]!, { state: 'sent', sentAt: tenant.now }, tenant.now));
    await pauseAll();
    expect((await states()).map((row) => row.state)).toEqual(['queued', 'accepted', 'queued', 'queued']);
    const commands = await Promise.all(ids.map((one) => tenant.as((tx) => commandStore.find(tx, one))));
    expect(commands.map((command) => command!.state)).toEqual(['cancelled', 'sent']);
    for (const { kept, counted } of await tenant.recount(id)) expect(kept).toEqual(counted);
  });

  it('takes a config back from devices it was not rendered for yet', async () => {
    const configId = uuidv7();
    await toKind('config');
    await tenant.as(async (tx) => {
      await tx.query(
        `insert into golden_configs (tenant_id, id, name, layer, selector, created_by) values ($1, $2, 'c', 'group', '{}', 'test')`,
        [tenant.id, configId],
      );
      await tx.query(
        `insert into golden_config_versions (tenant_id, config_id, number, state, document, notes, created_by)
         values ($1, $2, 1, 'draft', '{}', '', 'test')`,
        [tenant.id, configId],
      );
      await tx.query('update campaigns set config_id = $2, config_number = 1 where id = $1', [id, configId]);
    });
    const devices = (await tenant.inState(id, 'offered')).map((row) => row.deviceId);
    const staged = () => tenant.as((tx) => stagedConfigStore.ofDevices(tx, devices));
    expect(await staged()).toHaveLength(4);
    await pauseAll();
    expect(await staged()).toEqual([]);
  });
});
