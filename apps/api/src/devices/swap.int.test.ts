import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  api,
  closeWorld,
  db,
  get,
  inTenant,
  old,
  openWorld,
  placeDevice,
  SWAP,
  setClock,
  swap,
  swapped,
} from './swap.harness.js';

beforeAll(openWorld);
afterAll(closeWorld);
beforeEach(placeDevice);

describe('a swap', () => {
  it('gives the new hardware the place, and takes the old one out with the same commit', async () => {
    const { answer, id } = await swapped();
    expect(answer).toMatchObject({
      ...{ name: 'Crane 1', class: 'crane', site: 'Pier 4', labels: { ring: 'a' }, pinned: true },
      ...{ state: 'pre_registered', predecessorId: old.id, model: 'edge-1' },
    });
    const before = await get(`/devices/${old.id}`);
    expect(before).toMatchObject({
      state: 'decommissioning',
      reasonCode: 'swapped',
      successorId: id,
      name: 'Crane 1 (replaced)',
    });
    expect(await get(`/devices/${id}/twin`)).toMatchObject({ desired: { config: { heartbeatS: 20 }, note: 'x' } });
    const rows = await inTenant(async (tx) => ({
      certificates: (await certificateStore.listOfDevice(tx, old.id, null, 9)).map(({ state, reasonCode }) => [
        state,
        reasonCode,
      ]),
      selector: (
        await tx.query<{ ids: string[] }>(`select selector->'ids' as ids from golden_configs where name = $1`, [
          `own-${old.serial}`,
        ])
      )[0]!.ids,
      places: await tx.query('select path, asset from places p join devices d using (device_key) where d.id = $1', [
        id,
      ]),
      letters: (
        await db.database.system((all) =>
          all.query<{ type: string }>('select type from outbox where key = any($1)', [[old.id, id]]),
        )
      ).map(({ type }) => type),
    }));
    expect(rows.certificates).toEqual([['revoked', 'cessationOfOperation']]);
    expect(rows.selector[0]).toBe(id);
    expect(rows.places).toEqual([{ path: 'meter/1', asset: 'Pump 7' }]);
    expect(rows.letters).toEqual(expect.arrayContaining(['device.swapped', 'certificate.revoked', 'device.changed']));
  });

  it('is refused for a serial that is known, a version that is past, and hardware that was replaced', async () => {
    setClock(SWAP);
    expect((await swap({ serial: old.serial })).json()).toMatchObject({ code: 'already_exists' });
    expect((await swap({}, {})).json()).toMatchObject({ code: 'precondition_required' });
    expect((await swap({}, { 'if-match': '"7"' })).json()).toMatchObject({ code: 'precondition_failed' });
    expect((await get(`/devices/${old.id}`)).state).toBe('active');
    expect((await swap()).statusCode).toBe(201);
    const etag = String((await api.as('admin').get(`/devices/${old.id}`)).headers.etag);
    expect((await swap({}, { 'if-match': etag })).json()).toMatchObject({ code: 'transition_refused' });
    expect((await api.as('viewer').post(`/devices/${old.id}/swap`, { serial: 'x', reason: 'y' })).statusCode).toBe(403);
  });

  it('shows the past of the hardware before it in the timeline, marked as such', async () => {
    const { id } = await swapped();
    const { items } = await get(`/devices/${id}/timeline`);
    expect(items[0]).toMatchObject({
      predecessor: null,
      summary: expect.stringContaining('Takes the place of edge-1'),
    });
    expect(items.filter(({ predecessor }: { predecessor: unknown }) => predecessor !== null)).toContainEqual(
      expect.objectContaining({
        predecessor: { deviceId: old.id, serial: old.serial },
        summary: expect.stringContaining('Taken out'),
      }),
    );
    const first = await get(`/devices/${id}/timeline?pageSize=1`);
    const second = await get(`/devices/${id}/timeline?pageSize=1&pageToken=${first.nextPageToken}`);
    expect(second.items[0].id).toBe(items[1].id);
    const own = await get(`/devices/${old.id}/timeline`);
    expect(own.items.every(({ predecessor }: { predecessor: unknown }) => predecessor === null)).toBe(true);
  });
});
