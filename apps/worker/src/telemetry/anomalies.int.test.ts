import { letterTypes } from '@muster/contracts/live/live.events';
import type { Database, Tx } from '@muster/persistence/database';
import { systemClock } from '@muster/runtime/clock/clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AnomaliesProcessor } from './anomalies.processor.js';
import { settleFloods } from './anomaly-floods.js';
import { AnomalyLook } from './anomaly-look.js';
import { AnomalyWorld, jitter, type Signal, ZERO } from './anomaly-world.harness.js';

const HOUR_MS = 3_600_000;
/** History before anything happens: twelve days. */
const PAST = 12 * 24;

let test: TestDatabase;
let world: AnomalyWorld;
let temperature: number;
let power: number;
beforeAll(async () => {
  test = await testDatabase();
  world = new AnomalyWorld(test);
  await world.device();
  temperature = await world.metric('temperature_c');
  power = await world.metric('power_w');
});
afterAll(() => test.drop());
beforeEach(() => test.database.system((tx) => tx.query('delete from series_baselines')));

const warm =
  (seed: number): Signal =>
  (h) =>
    21 + 3 * Math.sin((h / 24) * 2 * Math.PI) + 0.4 * jitter(h, seed);
const at = (h: number) => new Date(ZERO + h * HOUR_MS);
const kinds = (list: readonly { kind: string; state: string }[]) => list.map(({ kind, state }) => `${kind} ${state}`);

/** A device with twelve days of history, and its signal from then on. */
async function withPast(signal: Signal, metric = temperature, site?: string) {
  const device = await world.device(site);
  await world.send(device, new Map([[metric, signal]]), 0, PAST);
  await world.look();
  return device;
}

describe('a sensor that repeats itself', () => {
  it('is one finding from the hour it began, told once, and closed once it moves again', async () => {
    const signal: Signal = (h) => (h >= PAST && h < PAST + 9 ? 21.5 : warm(1)(h));
    const device = await withPast(signal);
    const signals = new Map([[temperature, signal]]);
    await world.live(device, signals, PAST, PAST + 9);
    const [found, ...more] = await world.findings(device);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ kind: 'stuck', state: 'open', since: at(PAST), lastSeenAt: at(PAST + 9) });
    expect(found!.sentence).toMatch(
      /^temperature_c at d-\w+ has read exactly 21.5 for 9 hours; in \d+ days before it never kept a value for an hour$/,
    );
    await world.live(device, signals, PAST + 9, PAST + 13);
    expect(await world.findings(device)).toMatchObject([{ id: found!.id, state: 'closed' }]);
    const letters = await world.letters(device);
    expect(letters.map(({ type }) => type)).toEqual(['anomaly.opened', 'anomaly.closed']);
    for (const { type, payload } of letters) letterTypes[type as 'anomaly.opened'].parse(payload);
  });

  it('is found by a look that comes late as by looks in time, and looking again changes nothing', async () => {
    const signal: Signal = (h) => (h >= PAST + 3 ? 20.9 : warm(2)(h));
    const device = await withPast(signal);
    await world.send(device, new Map([[temperature, signal]]), PAST, PAST + 16);
    await world.look();
    const first = await world.findings(device);
    expect(first).toMatchObject([{ kind: 'stuck', state: 'open', since: at(PAST + 3), lastSeenAt: at(PAST + 16) }]);
    await test.database.system((tx) =>
      tx.query(`update anomaly_looks set due_from = $2 where device_key = $1`, [device.key, at(PAST)]),
    );
    await world.look();
    expect(await world.findings(device)).toEqual(first);
    expect(await world.letters(device)).toHaveLength(1);
  });

  it('that recovers and fails again is two findings, also when one look sees the end and the beginning', async () => {
    const fails = (h: number) => (h >= PAST && h < PAST + 8) || h >= PAST + 14;
    const signal: Signal = (h) => (fails(h) ? 22.5 : warm(14)(h));
    const device = await withPast(signal);
    const signals = new Map([[temperature, signal]]);
    await world.live(device, signals, PAST, PAST + 8);
    await world.send(device, signals, PAST + 8, PAST + 22);
    await world.look();
    expect(await world.findings(device)).toMatchObject([
      { kind: 'stuck', state: 'closed', since: at(PAST) },
      { kind: 'stuck', state: 'open', since: at(PAST + 14) },
    ]);
    const letters = await world.letters(device);
    expect(letters.map(({ type }) => type)).toEqual(['anomaly.opened', 'anomaly.closed', 'anomaly.opened']);
  });

  it('leaves no ghost when late readings show that it moved', async () => {
    const signal: Signal = (h) => (h >= PAST ? 22 : warm(3)(h));
    const device = await withPast(signal);
    await world.live(device, new Map([[temperature, signal]]), PAST, PAST + 8);
    expect(kinds(await world.findings(device))).toEqual(['stuck open']);
    await world.send(device, new Map([[temperature, (h) => warm(4)(h + 0.05)]]), PAST, PAST + 8);
    await world.look();
    expect(kinds(await world.findings(device))).toEqual(['stuck closed']);
  });
});

describe('single readings far outside', () => {
  it('are a spike of the sensor, with the reading and where it came back to', async () => {
    const signal: Signal = (h) => (Math.abs(h - (PAST + 2.5)) < 0.01 ? 84.9 : warm(5)(h));
    const device = await withPast(signal);
    await world.live(device, new Map([[temperature, signal]]), PAST, PAST + 5);
    const [found, ...more] = await world.findings(device);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ kind: 'spike', state: 'open', since: at(PAST + 2.5), lastSeenAt: at(PAST + 2.5) });
    expect(found!.sentence).toContain('read 84.9 for one reading');
    await world.live(device, new Map([[temperature, signal]]), PAST + 5, PAST + 28);
    expect(kinds(await world.findings(device))).toEqual(['spike closed']);
  });
});

describe('a change of the asset', () => {
  const changed =
    (signal: Signal, by: number): Signal =>
    (h) =>
      signal(h)! + (h >= PAST ? by : 0);

  it('is an anomaly after three hours when another metric departs as well, after five when alone', async () => {
    const pair = await world.device();
    const both = new Map([
      [temperature, changed(warm(6), 15)],
      [power, changed((h) => 500 + 20 * jitter(h, 7), 400)],
    ]);
    await world.send(pair, both, 0, PAST);
    const alone = await world.device();
    await world.send(alone, new Map([[temperature, changed(warm(8), 15)]]), 0, PAST);
    await world.look();
    await world.live(pair, both, PAST, PAST + 3);
    await world.live(alone, new Map([[temperature, changed(warm(8), 15)]]), PAST, PAST + 4);
    expect(kinds(await world.findings(pair))).toEqual(['anomaly open', 'anomaly open']);
    expect((await world.findings(pair))[0]!.sentence).toMatch(/departs as well/);
    expect(await world.findings(alone)).toEqual([]);
    await world.live(alone, new Map([[temperature, changed(warm(8), 15)]]), PAST + 4, PAST + 5);
    expect(kinds(await world.findings(alone))).toEqual(['anomaly open']);
    expect((await world.letters(alone))[0]!.payload).toMatchObject({ kind: 'anomaly', suspect: 'asset' });
  });

  it('is told without values where the metric is personal', async () => {
    const personal = await world.metric('heart_rate', { personal: true });
    const signal = changed((h) => 60 + 5 * jitter(h, 9), 70);
    const device = await withPast(signal, personal);
    await world.live(device, new Map([[personal, signal]]), PAST, PAST + 6);
    const [letter] = await world.letters(device);
    expect(letter!.payload.sentence).toMatch(/^heart_rate at d-\w+ is unlike its baseline; its values are personal$/);
  });
});

describe('a sensor that slides away', () => {
  it('drifts while its peers stay, and is weather when they move along', async () => {
    const slide = (h: number) => Math.max(0, h / 24 - 4) * 0.35;
    const peers = await Promise.all([1, 2, 3, 4].map(() => world.device('oslo')));
    for (const [i, peer] of peers.entries())
      await world.send(
        peer,
        new Map([
          [temperature, warm(20 + i)],
          [power, (h) => warm(30 + i)(h)! + slide(h)],
        ]),
        0,
        15 * 24,
      );
    await world.look();
    const device = await world.device('oslo');
    const signals = new Map<number, Signal>([
      [temperature, (h) => warm(41)(h)! + slide(h)],
      [power, (h) => warm(42)(h)! + slide(h)],
    ]);
    await world.send(device, signals, 0, 15 * 24);
    await world.look();
    const [found, ...more] = await world.findings(device);
    expect(more).toEqual([]);
    expect(found).toMatchObject({ kind: 'drift', state: 'open' });
    expect(found!.sentence).toMatch(/^temperature_c at .* moved slowly .* while 4 like it stayed within/);
    for (const peer of peers) expect(await world.findings(peer)).toEqual([]);
  });
});

describe('a worker that dies', () => {
  it('before the commit leaves the look to the next, which finds everything once', async () => {
    const signal: Signal = (h) => (h >= PAST ? 21.5 : warm(10)(h));
    const device = await withPast(signal);
    await world.send(device, new Map([[temperature, signal]]), PAST, PAST + 8);
    const dying = {
      system: (work: (tx: Tx) => Promise<unknown>) =>
        test.database.system(async (tx) => {
          await work(tx);
          throw new Error('killed');
        }),
    } as unknown as Database;
    await expect(world.look(dying)).rejects.toThrow('killed');
    expect(await world.findings(device)).toEqual([]);
    await world.look();
    expect(kinds(await world.findings(device))).toEqual(['stuck open']);
    expect(await world.letters(device)).toHaveLength(1);
  });

  it('between rollup and look loses nothing: the rollup marks in its own transaction', async () => {
    const device = await world.device();
    await world.send(device, new Map([[temperature, warm(11)]]), 0, 2);
    await world.rollUp();
    const [mark] = await test.database.system((tx) =>
      tx.query('select due_from as "dueFrom" from anomaly_looks where device_key = $1', [device.key]),
    );
    expect(mark).toEqual({ dueFrom: at(0) });
  });
});

describe('a run', () => {
  it('gives up a device whose baseline makes no sense, learns it anew, and goes on with the others', async () => {
    const [broken, well] = [await withPast(warm(12)), await withPast(warm(13))];
    await test.database.system((tx) =>
      tx.query(`update series_baselines set profile = '{}' where device_key = $1`, [broken.key]),
    );
    const stuck = new Map<number, Signal>([[temperature, () => 21.5]]);
    for (const device of [broken, well]) await world.send(device, stuck, PAST, PAST + 8);
    await world.rollUp();
    const errors: unknown[] = [];
    const logger = { error: (facts: unknown) => errors.push(facts) } as never;
    const processor = new AnomaliesProcessor(new AnomalyLook(test.database), test.database, systemClock, logger);
    await processor.process({ name: 'look' } as never);
    expect(errors).toMatchObject([{ deviceKey: broken.key }]);
    expect(kinds(await world.findings(well))).toEqual(['stuck open']);
    await world.live(broken, new Map([[temperature, () => 21.5]]), PAST + 8, PAST + 9);
    expect(kinds(await world.findings(broken))).toEqual(['stuck open']);
  });
});

describe('a flood', () => {
  const now = new Date('2026-11-21T12:00:00Z');
  const later = (s: number) => new Date(now.getTime() + s * 1000);
  const held = (device: { id: string }, seenAt: Date) =>
    test.database.system((tx) =>
      tx.query(
        `insert into ingest_floods (tenant_id, device_id, process, since, shed, seen_at) values ('north', $1, 'w', $2, 40, $3)
         on conflict (tenant_id, device_id, process) do update set seen_at = excluded.seen_at`,
        [device.id, now, seenAt],
      ),
    );

  it('is one finding of the device while the ingest holds it back', async () => {
    const device = await world.device();
    await held(device, later(5));
    const settle = (s: number) => test.database.system((tx) => settleFloods(tx, later(s)));
    expect(await settle(6)).toBe(1);
    expect(await settle(7)).toBe(0);
    await held(device, later(30));
    await settle(31);
    expect(await world.findings(device)).toMatchObject([
      { kind: 'flood', state: 'open', since: now, lastSeenAt: later(30) },
    ]);
    expect(await settle(200)).toBe(1);
    expect(await world.findings(device)).toMatchObject([{ kind: 'flood', state: 'closed', closedAt: later(30) }]);
    expect((await world.letters(device)).map(({ type }) => type)).toEqual(['anomaly.opened', 'anomaly.closed']);
  });
});
