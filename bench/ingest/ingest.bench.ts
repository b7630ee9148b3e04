import { afterEach, describe, expect, inject, it } from 'vitest';
import { cpuTimes, memory, spent } from '../processes.js';
import { type Bound, cell, sized } from '../recipe.js';
import { machine, median, printTable } from '../report.js';
import type { LoadOrder } from './protocol.js';
import { type BrokerKind, type PipelineName, Rig, type Run } from './rig.js';

interface Cell {
  readonly what: string;
  readonly pipeline: PipelineName;
  readonly connections: number;
  readonly inFlight: number;
  readonly messages: number;
  readonly readings: number;
  /** The cells of one load are compared with each other. */
  readonly load: string;
  /** One of so many messages is poison. */
  readonly poisonEach?: number;
}

interface Measured {
  readonly run: Run;
  readonly perSecond: number;
  /** CPU in µs per message, by process; `others` in cores. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly rssMiB: number;
  readonly mostMiB: number;
}

const ROUNDS = sized({ quick: 1, recipe: 3, full: 3 });
const FLEET = 200;
const METRICS = 5;
const scale = sized({ quick: 0.1, recipe: 0.2, full: 1 });
const PACES = sized({ quick: [0.5], recipe: [0.5], full: [0.25, 0.5, 0.75] });
const PACED_S = sized({ quick: 1, recipe: 1, full: 4 });
const MIXED = '50 connections × 20 in flight';

const cellsOf = (load: string, connections: number, inFlight: number, messages: number, readings: number): Cell[] =>
  (['bare', 'product'] as const).map((pipeline) => ({
    what: pipeline,
    pipeline,
    connections,
    inFlight,
    messages: messages * scale,
    readings,
    load,
  }));

const cells: readonly Cell[] = [
  ...cellsOf(MIXED, 50, 20, 60_000, 1),
  {
    what: 'product, 1 % poison',
    pipeline: 'product',
    connections: 50,
    inFlight: 20,
    messages: 60_000 * scale,
    readings: 1,
    load: MIXED,
    poisonEach: 100,
  },
  {
    what: 'naive',
    pipeline: 'naive',
    connections: 50,
    inFlight: 20,
    messages: sized({ quick: 500, recipe: 1_000, full: 3_000 }),
    readings: 1,
    load: MIXED,
  },
  ...cellsOf('200 connections × 1 in flight', 200, 1, 40_000, 1),
  ...cellsOf('50 connections × 20 in flight, 10 readings a message', 50, 20, 20_000, 10),
];

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

describe.each([['embedded'], ['mosquitto']] as const)('ingest through the %s broker', (broker: BrokerKind) => {
  it('messages over mutual TLS, committed and acknowledged', async () => {
    rig = await Rig.open(inject('postgres'), broker, FLEET);
    const measured = cells.map((): Measured[] => []);
    let seq = 1;
    const next = (messagesEach: number) => {
      seq += messagesEach;
      return seq - messagesEach;
    };
    for (let round = 0; round <= ROUNDS; round++)
      for (const [index, one] of cells.entries()) {
        // The first round warms caches and compilers for all alike; a tenth of it is enough.
        const messagesEach = Math.ceil(one.messages / one.connections / (round === 0 ? 5 : 1));
        const result = await measure(rig, one, messagesEach, next(messagesEach), null);
        if (round > 0) measured[index]!.push(result);
      }
    const product = median(
      measured[cells.findIndex(({ pipeline }) => pipeline === 'product')]!.map((one) => one.perSecond),
    );
    const paced: [string, Measured][] = [];
    for (const share of PACES) {
      const pace = Math.round(product * share);
      const messagesEach = Math.ceil((pace * PACED_S) / FLEET);
      const one: Cell = { ...cells[1]!, connections: FLEET, load: 'paced' };
      paced.push([`${share * 100}% of it`, await measure(rig, one, messagesEach, next(messagesEach), pace)]);
    }
    print(broker, measured, paced);
    note(broker, measured);
  });
});

/** One run, and the proof that nothing of it was lost: a fast run that lost rows is a failure. */
async function measure(
  on: Rig,
  one: Cell,
  messagesEach: number,
  firstSeq: number,
  pace: number | null,
): Promise<Measured> {
  const { pipeline, readings, inFlight, poisonEach } = one;
  const devices = on.devices.slice(0, one.connections);
  const load = { devices, messagesEach, inFlight, readings, firstSeq, pace };
  const order: Omit<LoadOrder, 'port' | 'acknowledged'> = poisonEach === undefined ? load : { ...load, poisonEach };
  const go = await on.prepare(pipeline, order);
  const deadBefore = await on.deadLettered();
  const watched = on.watched(pipeline);
  const before = cpuTimes(watched);
  const began = performance.now();
  const run = await go();
  const tookMs = performance.now() - began;
  const { others, ...cpu } = spent(before, cpuTimes(watched));
  const messages = messagesEach * devices.length;

  const taken = messages - run.poison;
  const dead = (await on.deadLettered()) - deadBefore;
  expect({ ...(await on.stored(pipeline, order)), dead }).toEqual({
    messages: taken,
    values: pipeline === 'naive' ? null : taken * readings * METRICS,
    dead: run.poison,
  });
  if (poisonEach !== undefined) expect(run.poison).toBeGreaterThan(0);
  if (pipeline === 'product') {
    const { acknowledged, acknowledgedAgain, refused } = run;
    expect({ acknowledged, acknowledgedAgain, refused }).toEqual({
      acknowledged: messages,
      acknowledgedAgain: 0,
      refused: run.poison,
    });
  }
  const { worker } = on.pipelines[pipeline];
  const { now, most } = memory(worker);
  const perMessage = Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [name, (ms * 1_000) / messages]));
  return {
    run,
    perSecond: (messages / run.committedMs) * 1_000,
    cpu: { ...perMessage, others: others! / tookMs },
    rssMiB: now,
    mostMiB: most,
  };
}

const header = [
  '',
  'messages/s',
  'readings/s',
  '× bare',
  '× naive',
  'µs worker',
  'postgres',
  'broker',
  'load',
  'others',
  'PUBACK p50/p99',
  'acknowledged p50/p99',
  'RSS',
];

function print(broker: BrokerKind, measured: readonly Measured[][], paced: readonly [string, Measured][]): void {
  const naive = measured[cells.findIndex(({ pipeline }) => pipeline === 'naive')]!;
  const rows: string[][] = [];
  let load = '';
  for (const [index, { what, load: mine, readings }] of cells.entries()) {
    if (mine !== load) rows.push([mine]);
    load = mine;
    const bare = measured[cells.findIndex((one) => one.load === mine && one.pipeline === 'bare')]!;
    rows.push(row(what, measured[index]!, readings, ratio(measured[index]!, bare), ratio(measured[index]!, naive)));
  }
  rows.push([`paced, ${FLEET} connections, shares of the product's first rate`]);
  for (const [what, one] of paced) rows.push(row(what, [one], 1, '', ''));
  printTable(
    `Ingest, ${broker} broker over mutual TLS: ${METRICS} metrics a reading, sent → committed, median of ${ROUNDS} interleaved rounds\n${machine()}\n  CPU in µs per message, of others in cores; times in ms, PUBACK of a device and the application's acknowledgement`,
    header,
    rows,
  );
}

const rateRatio = (some: readonly Measured[], reference: readonly Measured[]): number =>
  median(some.map(({ perSecond }, round) => perSecond / reference[round]!.perSecond));
const ratio = (some: readonly Measured[], reference: readonly Measured[]): string =>
  `${rateRatio(some, reference).toFixed(2)}×`;

function note(broker: BrokerKind, measured: readonly Measured[][]): void {
  const of = (what: string) => measured[cells.findIndex((one) => one.load === MIXED && one.what === what)]!;
  const product = of('product');
  const noisy = median(product.map(({ cpu }) => cpu.others!)) > 0.25;
  const line = (id: string, what: string, value: number, unit: string, bound: Bound) =>
    cell(id, `${what}, ${broker} broker`, value, unit, bound, noisy);
  line('R9', 'the whole pipe / the naive pipe', rateRatio(product, of('naive')), '×', { least: 12 });
  line('', 'the whole pipe / a bare pipe', rateRatio(product, of('bare')), '×', { least: 0.7 });
  line('', 'the same with 1 % poison / without', rateRatio(of('product, 1 % poison'), product), '×', { least: 0.9 });
  // Behind a broker of its own: with the embedded one TLS and the MQTT server are in the number.
  if (broker === 'mosquitto')
    line('R10', 'CPU of the worker a message', median(product.map(({ cpu }) => cpu.worker!)), 'µs', { most: 25 });
}

const row = (what: string, all: readonly Measured[], readings: number, bare: string, naive: string): string[] => {
  const of = (read: (one: Measured) => number) => median(all.map(read));
  const cpu = (name: string) => (all[0]!.cpu[name] === undefined ? '' : of((one) => one.cpu[name]!).toFixed(1));
  const ms = (p50: number, p99: number) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
  const others = of((one) => one.cpu.others!);
  return [
    `  ${what}`,
    of((one) => one.perSecond).toFixed(0),
    of((one) => one.perSecond * readings).toFixed(0),
    bare,
    naive,
    cpu('worker'),
    cpu('postgres'),
    cpu('broker'),
    cpu('load'),
    `${others.toFixed(2)}${others > 0.25 ? ' noisy' : ''}`,
    ms(
      of(({ run }) => run.puback.p50),
      of(({ run }) => run.puback.p99),
    ),
    all[0]!.run.acknowledgement === null
      ? ''
      : ms(
          of(({ run }) => run.acknowledgement!.p50),
          of(({ run }) => run.acknowledgement!.p99),
        ),
    `${of((one) => one.rssMiB)} (≤ ${Math.max(...all.map((one) => one.mostMiB))}) MiB`,
  ];
};
