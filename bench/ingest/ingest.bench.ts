import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { PlainDevice } from '../../e2e/stack/plain-device.js';
import { Stack } from '../../e2e/stack/stack.js';
import { report, timed } from '../report.js';
import { Load } from './load.js';

const CONNECTIONS = 100;
const MESSAGES = 20_000;
/** The slow one gets fewer, its rate does not depend on it. */
const SAVED = 3_000;
const ROUNDS = 3;

let stack: Stack;
let devices: PlainDevice[];
const children: ChildProcess[] = [];

beforeAll(async () => {
  stack = await Stack.start({ cluster: inject('postgres') });
  const token = await stack.enrollmentToken(CONNECTIONS);
  devices = [];
  for (let n = 0; n < CONNECTIONS; n++) devices.push(await PlainDevice.enrol(stack.deviceUrl, token, `bench-${n}`));
  await sql(`create table bench_saved (device_id uuid, produced_at timestamptz, seq_no bigint, "values" jsonb,
    primary key (device_id, produced_at, seq_no))`);
  await sql(`create table bench_batched (device_id uuid, produced_at timestamptz, seq_no bigint, "values" float8[],
    primary key (device_id, produced_at, seq_no))`);
});
afterAll(async () => {
  for (const child of children) child.kill();
  await stack.stop();
});

async function sql<T>(text: string): Promise<T[]> {
  const client = new pg.Client(stack.testDatabase.ownerUrl);
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
}

async function otherPipeline(mode: 'save' | 'batch'): Promise<number> {
  const script = fileURLToPath(new URL('./other-pipelines.mjs', import.meta.url));
  const tls = join(stack.home, 'data', 'tls');
  const child = fork(script, [mode, tls, stack.testDatabase.ownerUrl]);
  children.push(child);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return port;
}

it(`${MESSAGES} telemetry messages of five metrics over ${CONNECTIONS} mutual-TLS connections`, async () => {
  const cells = [
    {
      what: 'one save() per message (baseline)',
      port: await otherPipeline('save'),
      messages: SAVED,
      table: 'bench_saved',
    },
    { what: 'bare pipeline, batched', port: await otherPipeline('batch'), messages: MESSAGES, table: 'bench_batched' },
    {
      what: 'Muster: checked, stored, latest, rollup marks',
      port: stack.ports.mqtt,
      messages: MESSAGES,
      table: 'messages',
    },
  ];
  const rounds: number[][] = cells.map(() => []);
  let seq = 1;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, { port, messages, table }] of cells.entries()) {
      const loads = await Promise.all(devices.map((device) => Load.open(port, device.identity)));
      const each = messages / CONNECTIONS;
      for (const load of loads) load.prepare(each, seq);
      const before = await stored(table);
      const took = await timed(() => Promise.all(loads.map((load) => load.run())));
      // Acknowledged means committed: everything must be there now, not later.
      expect((await stored(table)) - before).toBe(messages);
      if (round > 0) rounds[index]!.push((messages / took) * 1_000);
      for (const load of loads) load.close();
    }
    seq += MESSAGES;
  }
  const rows = cells.map(({ what }, index) => ({ what, rounds: rounds[index]!, unit: 'per s' as const }));
  report('Ingest: published over MQTT, committed, acknowledged (messages per second)', rows as never);
  const ratio = (a: number, b: number) => Math.max(...rounds[a]!.map((rate, round) => rate / rounds[b]![round]!));
  expect(ratio(2, 0)).toBeGreaterThan(4);
  expect(ratio(2, 1)).toBeGreaterThan(0.25);
});

const stored = async (table: string): Promise<number> => {
  const kind = table === 'messages' ? 'where kind = 2' : '';
  const [row] = await sql<{ n: string }>(`select count(*) as n from ${table} ${kind}`);
  return Number(row!.n);
};
