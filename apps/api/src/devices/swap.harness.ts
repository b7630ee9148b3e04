import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { configStore } from '@muster/persistence/configs/config.store';
import { twinStore } from '@muster/persistence/devices/twin.store';
import { catalogueStore } from '@muster/persistence/telemetry/catalogue.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { v7 as uuidv7 } from 'uuid';
import { openHarness } from '../people.harness.js';
import { TelemetryModule } from '../telemetry/telemetry.module.js';
import { DevicesModule } from './devices.module.js';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday; the swap is on its Wednesday at 10:20. */
export const MONDAY = Date.parse('2026-11-02T00:00:00.000Z');
export const SWAP = MONDAY + 2 * DAY + 10 * HOUR + 20 * MINUTE;
let at = MONDAY;
const clock = { now: () => new Date(at), monotonic: () => performance.now() };

export let db: TestDatabase;
export let api: Awaited<ReturnType<typeof openHarness>>;
export let metric: number;
let authorityId: string;
let serial = 0;
export const nextSerial = (): number => ++serial;
export const setClock = (to: number): void => {
  at = to;
};
interface Made {
  id: string;
  etag: string;
  serial: string;
  key: number;
}
export let old: Made;

export const inTenant = <T>(work: Parameters<typeof db.database.tenant<T>>[1]) => db.database.tenant('acme', work);
const keyOf = (id: string) =>
  inTenant(async (tx) => {
    const [row] = await tx.query<{ key: number }>('select device_key as key from devices where id = $1', [id]);
    return row!.key;
  });
export const get = async (path: string) => (await api.as('viewer').get(path)).json();

/** The people's application with devices and telemetry, for the tests of one file. */
export const openWorld = async (): Promise<void> => {
  db = await testDatabase();
  api = await openHarness(db.database, clock, [DevicesModule, TelemetryModule]);
  await api.app.listen(0, '127.0.0.1');
  const [rule] = await db.database.system(async (tx) => {
    const authority = { tenantId: 'acme', kind: 'device' as const, generation: 1, certificatePem: '', keyRef: 'k' };
    authorityId = (await authorityStore.insert(tx, authority, clock.now())).id;
    return catalogueStore.rules(tx, 'acme', ['power']);
  });
  metric = rule!.id;
};
export const closeWorld = async (): Promise<void> => {
  await api?.close();
  await db?.drop();
};

/** A gateway at Pier 4 with a certificate, a wish, a golden config of its own and a meter below it. */
export const placeDevice = async (): Promise<void> => {
  at = MONDAY;
  const body = {
    name: 'Crane 1',
    serial: `old-${nextSerial()}`,
    model: 'edge-1',
    class: 'crane',
    site: 'Pier 4',
    labels: { ring: 'a' },
  };
  const answer = await api.as('admin').post('/devices', body);
  const { id } = answer.json();
  const hex = id.replaceAll('-', '').repeat(2);
  await inTenant(async (tx) => {
    await tx.query(`update devices set state = 'active', pinned = true where id = $1`, [id]);
    const certificate = {
      id: uuidv7(),
      deviceId: id,
      tokenId: null,
      source: 'token',
      sourceId: null,
      late: false,
    } as const;
    const dates = { notBefore: clock.now(), notAfter: new Date(MONDAY + 90 * DAY) };
    const unique = { serial: hex.slice(0, 32), fingerprint: hex, keyHash: hex, pem: '', authorityId };
    await certificateStore.insert(tx, { ...certificate, ...dates, ...unique }, clock.now());
    const [twin] = await twinStore.lock(tx, [id]);
    await twinStore.desire(
      tx,
      [{ twin: twin!, document: { config: { heartbeatS: 20 }, note: 'x' } }],
      'test',
      clock.now(),
    );
    const config = {
      id: uuidv7(),
      name: `own-${body.serial}`,
      layer: 'device',
      policy: 'report',
      createdBy: 'test',
    } as const;
    await configStore.insert(tx, { ...config, selector: { ids: [id, uuidv7()] } }, clock.now());
    await catalogueStore.placeId(tx, { tenant: 'acme', deviceKey: await keyOf(id), path: 'meter/1', asset: 'Pump 7' });
  });
  old = { id, etag: String(answer.headers.etag), serial: body.serial, key: await keyOf(id) };
};

export const swap = async (over: object = {}, headers: Record<string, string> = { 'if-match': old.etag }) =>
  api
    .as('admin')
    .post(`/devices/${old.id}/swap`, { serial: `new-${nextSerial()}`, reason: 'water in the case', ...over }, headers);
export const swapped = async (over: object = {}) => {
  at = SWAP;
  const answer = await swap(over);
  if (answer.statusCode !== 201) throw new Error(answer.body);
  const { id } = answer.json();
  return { answer: answer.json(), id: id as string, key: await keyOf(id) };
};
