import { qualityFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { catalogueStore } from '@muster/persistence/telemetry/catalogue.store';
import { ingestStore } from '@muster/persistence/telemetry/ingest.store';
import { byKey, type MessageRow } from '@muster/persistence/telemetry/message-row';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { admit, openHarness } from '../people.harness.js';
import { TelemetryModule } from './telemetry.module.js';

const HOUR = 3_600_000;
const noon = Math.floor(Date.now() / HOUR) * HOUR;
const at = (ms: number) => new Date(ms).toISOString();
const range = `from=${at(noon - 2 * HOUR)}&to=${at(noon)}`;

let db: TestDatabase;
let api: Awaited<ReturnType<typeof openHarness>>;
let url: string;
let clock: FakeClock;
let metrics: Map<string, number>;
let device: { id: string; deviceKey: number };
let many: { id: string; deviceKey: number }[];
let seqNo = 0;

const addDevice = (serial: string, site: string | null, name = `gateway ${serial}`) =>
  db.database.tenant('acme', async (tx) => {
    const facts = { hardwareRevision: null, class: 'gateway', labels: { floor: '1' }, state: 'active' as const };
    return (await deviceStore.insert(tx, { ...facts, name, serial, site, model: 'mg-1' }, new Date(noon)))!;
  });
const message = (
  deviceKey: number,
  producedAt: number,
  values: readonly number[],
  more: Partial<MessageRow> = {},
): MessageRow => ({
  deviceKey,
  tenant: 'acme',
  producedAt: new Date(producedAt),
  seqNo: ++seqNo,
  kind: 2,
  placeId: null,
  receivedAt: new Date(producedAt),
  schemaVersion: 1,
  correctedAt: null,
  flags: 0,
  dtMs: values.map((_, i) => i),
  metric: values.map(() => metrics.get('power_w')!),
  value: values,
  quality: null,
  extra: null,
  ...more,
});
const store = (...rows: MessageRow[]) => db.database.system((tx) => ingestStore.insert(tx, rows.toSorted(byKey)));

beforeAll(async () => {
  db = await testDatabase();
  clock = new FakeClock(new Date(noon));
  api = await openHarness(db.database, clock, [TelemetryModule]);
  device = await addDevice('s-1', 'north', '=HYPERLINK("x")');
  const rules = await db.database.system((tx) => catalogueStore.rules(tx, 'acme', ['power_w', 'badge']));
  metrics = new Map(rules.map(({ key, id }) => [key, id]));
  await api.as('owner').put('/metrics/badge', { personal: true });
  await api.as('owner').put('/metrics/power_w', { title: 'Power' });
  const place = { tenant: 'acme', deviceKey: device.deviceKey, path: 'meter-1', asset: 'm1' };
  const meter = [...(await db.database.system((tx) => ingestStore.placeIds(tx, [place]))).values()][0]!;
  await store(
    message(device.deviceKey, noon - HOUR, [1.5, Number.NaN], { quality: [0, qualityFlags.missing] }),
    message(device.deviceKey, noon - HOUR + 10, [99], { metric: [metrics.get('badge')!], placeId: meter }),
    message(device.deviceKey, noon - 3 * HOUR, [7]),
    message(device.deviceKey, 86_400_000, [42], { correctedAt: new Date(noon - 100) }),
    message(device.deviceKey, noon + 30 * 24 * HOUR, [43], { correctedAt: new Date(noon - 90) }),
  );
  many = [];
  for (let d = 0; d < 20; d++) {
    many.push(await addDevice(`many-${d}`, 'south'));
    const { deviceKey } = many[d]!;
    await store(...Array.from({ length: 100 }, (_, m) => message(deviceKey, noon - HOUR + m * 1_000, hundred)));
  }
  for (let d = 0; d < 60; d++) {
    const { deviceKey } = await addDevice(`few-${d}`, 'west');
    const times = d === 20 ? Array.from({ length: 1_250 }, (_, m) => noon - HOUR + Math.floor(m / 7)) : [noon - HOUR];
    await store(...times.map((time) => message(deviceKey, time, [1])));
  }
  await api.app.listen(0, '127.0.0.1');
  url = await api.app.getUrl();
}, 60_000);
afterAll(async () => {
  await api?.close();
  await db?.drop();
});
const hundred = Array.from({ length: 100 }, (_, i) => i);

const exported = async (query: string, role: 'owner' | 'viewer' | 'operator' = 'owner', signal?: AbortSignal) =>
  fetch(`${url}/api/v1/telemetry/export?${query}`, {
    headers: { cookie: `muster_session=${api.tokens[role]}` },
    ...(signal && { signal }),
  });
const linesOf = async (query: string, role?: 'owner' | 'operator') => {
  const answer = await exported(`format=jsonl&${query}`, role);
  const text = await answer.text();
  expect(answer.status, text).toBe(200);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
};
const recorded = async () => {
  const entries = await db.database.tenant('acme', (tx) => audit.list(tx, { limit: 2 }));
  return entries.map(({ action, canonical }) => ({ action, ...JSON.parse(canonical).after })).reverse();
};

describe('raw readings', () => {
  test('come with who and what they are about, and with what is wrong with them', async () => {
    const lines = await linesOf(`${range}&devices=${device.id}`);
    expect(lines[0]).toEqual({
      time: at(noon - HOUR),
      device_id: device.id,
      device: '=HYPERLINK("x")',
      serial: 's-1',
      site: 'north',
      region: null,
      place: null,
      asset: null,
      metric: 'power_w',
      unit: 'W',
      value: 1.5,
      quality: null,
      received_at: at(noon - HOUR),
      corrected: false,
      masked: false,
    });
    expect(lines[1]).toMatchObject({ time: at(noon - HOUR + 1), value: null, quality: 'missing' });
    expect(lines[2]).toMatchObject({ metric: 'badge', place: 'meter-1', asset: 'm1', value: 99 });
  });

  test('of a wrong clock come at their corrected time, wherever they are stored', async () => {
    const lines = await linesOf(`${range}&devices=${device.id}&metrics=power_w`);
    expect(lines.filter(({ corrected }) => corrected).map(({ time, value }) => [time, value])).toEqual([
      [at(noon - 100), 42],
      [at(noon - 90), 43],
    ]);
    expect(lines).toHaveLength(4);
  });

  test('of personal metrics are empty for whoever may not see them', async () => {
    expect(await linesOf(`${range}&devices=${device.id}&metrics=badge`, 'operator')).toMatchObject([
      { metric: 'badge', value: null, quality: null, masked: true },
    ]);
    expect(await linesOf(`${range}&devices=${device.id}&metrics=badge`)).toMatchObject([{ value: 99, masked: false }]);
  });

  test('are a CSV file that starts no formula', async () => {
    const answer = await exported(`${range}&devices=${device.id}`);
    const day = at(noon).slice(0, 10);
    expect(answer.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="telemetry-raw-....-..-..-${day}.csv"$`),
    );
    const [header, first] = (await answer.text()).split('\r\n');
    expect(header).toMatch(/^time,device_id,device,/);
    expect(first).toContain(`,"'=HYPERLINK(""x"")",s-1,north,`);
  });

  test('are a Parquet file that reads back', async () => {
    const file = await (await exported(`format=parquet&${range}&site=south`)).arrayBuffer();
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(200_000);
    expect(rows.reduce((sum, { value }) => sum + (value as number), 0)).toBe(20 * 100 * 4_950);
    expect(rows[0]).toMatchObject({
      time: new Date(noon - HOUR),
      site: 'south',
      metric: 'power_w',
      unit: 'W',
      value: 0,
    });
  });
});

describe('a large export', () => {
  test('of more devices and messages than are read at once has each reading once', async () => {
    const lines = await linesOf(`${range}&site=west&metrics=power_w`);
    expect(lines).toHaveLength(59 + 1_250);
    expect(new Set(lines.map(({ device_id }) => device_id)).size).toBe(60);
  });

  test('comes whole, by label and class, with every reading once and its count in the audit log', async () => {
    const before = process.memoryUsage().heapUsed;
    const answer = await exported(`format=csv&${range}&label=floor%3D1&class=gateway`);
    let lines = 0;
    let most = 0;
    const seen = new Set<string>();
    let rest = '';
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + chunk).split('\r\n');
      rest = parts.pop()!;
      for (const line of parts) {
        lines++;
        const [time, id, , , site] = line.split(',');
        if (site === 'south') seen.add(`${id}${time}`);
      }
      most = Math.max(most, process.memoryUsage().heapUsed - before);
    }
    expect([lines, seen.size]).toEqual([1 + 201_314, 20 * 100 * 100]);
    expect(most).toBeLessThan(250e6);
    const [started, ended] = await recorded();
    expect(started).toMatchObject({ action: 'telemetry.export_started', filter: { label: 'floor=1', format: 'csv' } });
    expect(ended).toMatchObject({ action: 'telemetry.export_ended', outcome: 'complete', lines: 201_314 });
  });

  test('is made no faster than it is taken, and one that is left is recorded as broken off', async () => {
    const stop = new AbortController();
    const answer = await exported(`format=jsonl&${range}&site=south`, 'owner', stop.signal);
    const reader = answer.body!.getReader();
    await reader.read();
    const second = await exported(`${range}&devices=${device.id}`);
    expect([second.status, ((await second.json()) as { code: string }).code]).toEqual([429, 'rate_limited']);
    expect((await (await exported(`${range}&devices=${device.id}`, 'operator')).text()).length).toBeGreaterThan(0);
    stop.abort();
    const ended = await assertEventually(async () => {
      const entries = await recorded();
      const broken = entries.find(({ outcome }) => outcome === 'broken_off');
      expect(broken).toBeDefined();
      return broken;
    });
    expect(ended.lines).toBeLessThan(100_000);
    await assertEventually(async () => expect(await linesOf(`${range}&devices=${device.id}`)).toHaveLength(5));
  });
});

describe('an export that breaks off', () => {
  test('is no whole file: whoever loses the permission on the way has the connection cut', async () => {
    const answer = await exported(`format=jsonl&${range}&site=south`, 'operator');
    const reader = answer.body!.getReader();
    await reader.read();
    await db.database.system((tx) =>
      tx.execute(`delete from sessions where user_id = (select id from users where email = 'operator@acme.test')`),
    );
    clock.advance(20_000);
    const rest = async () => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toThrow();
    await assertEventually(async () => {
      expect(await recorded()).toContainEqual(expect.objectContaining({ because: 'the permission is gone' }));
    });
  });
});

describe('buckets', () => {
  test('come as they are rolled up, with averages and what counters went up by', async () => {
    const bucket = noon - HOUR;
    await db.database.system((tx) =>
      tx.query(
        `insert into telemetry_hourly (device_key, place_id, metric, bucket, n, sum, min, max, first, first_at, last, last_at, delta)
         select $1, 0, $2, $3::timestamptz - n * interval '1 hour', 4, 10, 1, 4, 1, $3, 4, $3, 3 from generate_series(0, 299) n`,
        [device.deviceKey, metrics.get('power_w'), new Date(bucket)],
      ),
    );
    const from = at(noon - 200 * HOUR);
    const lines = await linesOf(`resolution=hour&from=${from}&to=${at(noon)}&devices=${device.id}`);
    expect(lines).toHaveLength(200);
    expect(new Set(lines.map(({ time }) => time)).size).toBe(200);
    const numbers = { n: 4, min: 1, max: 4, avg: 2.5, last: 4, delta: 3 };
    expect(lines.at(-1)).toMatchObject({ time: at(bucket), unit: 'W', ...numbers });
  });
});

describe('what cannot be exported is refused before a byte is sent', () => {
  test.each([
    [`from=${at(noon)}&to=${at(noon)}`, '/query/to'],
    [`from=${at(noon - 93 * 24 * HOUR)}&to=${at(noon)}`, '/query/to'],
    [`${range}&metrics=never_heard`, '/query/metrics'],
    [`${range}&label=floor`, '/query/label'],
    [`${range}&group=x`, '/query/group'],
  ])('%s', async (query, pointer) => {
    const answer = await exported(query);
    const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
    expect([answer.status, errors.map((error) => error.pointer)]).toEqual([400, [pointer]]);
  });

  test('a device of another tenant is as unknown as one that never was, and nothing of others comes', async () => {
    const foreign = await admit(db.database, new FakeClock(new Date(noon)), 'globex');
    const headers = { cookie: `muster_session=${foreign.owner}` };
    const one = await fetch(`${url}/api/v1/telemetry/export?${range}&devices=${device.id}`, { headers });
    expect(one.status).toBe(404);
    const all = await fetch(`${url}/api/v1/telemetry/export?format=jsonl&${range}`, { headers });
    expect([all.status, await all.text()]).toEqual([200, '']);
  });

  test('a principal without the permission', async () => {
    expect((await exported(range, 'viewer')).status).toBe(403);
  });
});
