import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DevicesModule } from '../devices/devices.module.js';
import { openHarness } from '../people.harness.js';
import { ConfigsModule } from './configs.module.js';

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
const clock = new FakeClock('2026-11-21T06:00:00.000Z');

beforeAll(async () => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [DevicesModule, ConfigsModule]);
});
afterAll(async () => {
  await api.close();
  await db.drop();
});

const match = (version: number) => ({ 'if-match': `"${version}"` });
const create = async (over: object) => {
  const answer = await api.as('admin').post('/configs', { selector: {}, document: { heartbeatS: 10 }, ...over });
  expect(answer.statusCode).toBe(201);
  return answer.json();
};

describe('golden configs', () => {
  it('are drafted, published once and never changed after', async () => {
    const config = await create({ name: 'lifecycle', selector: { site: ['nowhere'] } });
    expect(config).toMatchObject({ draftNumber: 1, publishedNumber: null, devices: 0, policy: 'report' });
    const published = await api
      .as('admin')
      .post(`/configs/${config.id}/versions/1/publish`, undefined, match(config.version));
    expect(published.json()).toMatchObject({ draftNumber: null, publishedNumber: 1 });
    const again = await api
      .as('admin')
      .post(`/configs/${config.id}/versions/1/publish`, undefined, match(published.json().version));
    expect(again.json()).toMatchObject({ code: 'version_immutable' });
    const drafted = await api
      .as('admin')
      .post(`/configs/${config.id}/versions`, { document: { heartbeatS: 20 } }, match(published.json().version));
    expect(drafted.json()).toMatchObject({ draftNumber: 2, publishedNumber: 1 });
    const redrafted = await api
      .as('admin')
      .post(
        `/configs/${config.id}/versions`,
        { document: { heartbeatS: 30, own: true } },
        match(drafted.json().version),
      );
    expect(redrafted.json().versions.map((version: { number: number }) => version.number)).toEqual([2, 1]);
    const diff = (await api.as('viewer').get(`/configs/${config.id}/diff?from=1&to=2`)).json();
    expect(diff.changes).toEqual([
      { path: '/heartbeatS', op: 'replace', from: 10, to: 30 },
      { path: '/own', op: 'add', from: null, to: true },
    ]);
  });

  it('refuse a stale writer and a taken name', async () => {
    const config = await create({ name: 'stale' });
    const path = `/configs/${config.id}`;
    await api.as('admin').patch(path, { policy: 'remediate' }, match(config.version));
    const late = await api.as('admin').patch(path, { policy: 'report' }, match(config.version));
    expect(late.json()).toMatchObject({ code: 'precondition_failed', facts: { currentVersion: config.version + 1 } });
    const taken = await api.as('admin').post('/configs', { name: 'stale', selector: {}, document: {} });
    expect(taken.json()).toMatchObject({ code: 'already_exists' });
  });

  it('refuse a document that breaks the schema', async () => {
    const answer = await api.as('admin').post('/configs', { name: 'bad', selector: {}, document: { heartbeatS: 1 } });
    expect(answer.json()).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/body/document/heartbeatS' }],
    });
  });

  it('say what a device gets and where each field comes from, and keep hands off it', async () => {
    const device = (
      await api.as('admin').post('/devices', { serial: 'L1', model: 'edge-1', labels: { layered: 'yes' } })
    ).json();
    const selector = { labels: { layered: 'yes' } };
    for (const [name, layer, document] of [
      ['base', 'class', { heartbeatS: 60, own: { a: 1, b: 2 } }],
      ['ring', 'group', { heartbeatS: 10 }],
    ] as const) {
      const config = await create({ name: `${name} layer`, layer, selector, document });
      await api.as('admin').post(`/configs/${config.id}/versions/1/publish`, undefined, match(config.version));
    }
    const effective = (await api.as('viewer').get(`/devices/${device.id}/config`)).json();
    expect(effective).toMatchObject({
      document: { heartbeatS: 10, own: { a: 1, b: 2 } },
      origins: { '/heartbeatS': 'ring layer', '/own/a': 'base layer', '/own/b': 'base layer' },
    });
    const patch = await api
      .as('operator')
      .patch(`/devices/${device.id}/twin/desired`, { config: { heartbeatS: 5 } }, match(0));
    expect(patch.json()).toMatchObject({ code: 'conflict' });
    const list = (await api.as('viewer').get('/configs')).json();
    expect(list.items.find(({ name }: { name: string }) => name === 'ring layer')).toMatchObject({
      devices: 1,
      drifted: 0,
    });
  });
});
