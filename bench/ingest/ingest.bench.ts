import { afterEach, describe, expect, inject, it } from 'vitest';
import { cpuTimes, memory, spent } from '../processes.js';
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
}

interface Measured {
  readonly run: Run;
  readonly perSecond: number;
  /** CPU in µs per message, by process; `others` in cores. */
  readonly cpu: Readonly<Record<string, number>>;
  readonly rssMiB: number;
  readonly mostMiB: number;
}

const quick = Boolean(process.env.MUSTER_QUICK);
const ROUNDS = quick ? 1 : 3;
const FLEET = 200;
const METRICS = 5;
const scale = quick ? 0.5 : 1;

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
  ...cellsOf('50 connections × 20 in flight', 50, 20, 60_000, 1),
  {
    what: 'naive',
    pipeline: 'naive',
    connections: 50,
    inFlight: 20,
    messages: 3_000,
    readings: 1,
    load: '50 connections × 20 in flight',
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
      for (const [index, cell] of cells.entries()) {
        // The first round warms caches and compilers for all alike; a tenth of it is enough.
        const messagesEach = Math.ceil(cell.messages / cell.connections / (round === 0 ? 5 : 1));
        const result = await measure(rig, cell, messagesEach, next(messagesEach), null);
        if (round > 0) measured[index]!.push(result);
      }
    const product = median(
      measured[cells.findIndex(({ pipeline }) => pipeline === 'product')]!.map((one) => one.perSecond),
    );
    const paced: [string, Measured][] = [];
    for (const share of quick ? [0.5] : [0.25, 0.5, 0.75]) {
      const pace = Math.round(product * share);
      const messagesEach = Math.ceil((pace * (quick ? 2 : 4)) / FLEET);
      const cell: Cell = { ...cells[1]!, connections: FLEET, load: 'paced' };
      paced.push([`${share * 100}% of it`, await measure(rig, cell, messagesEach, next(messagesEach), pace)]);
    }
    print(broker, measured, paced);
  });
});

/** One run, and the proof that nothing of it was lost: a fast run that lost rows is a failure. */
async function measure(
  on: Rig,
  cell: Cell,
  messagesEach: number,
  firstSeq: number,
  pace: number | null,
): Promise<Measured> {
  const { pipeline, readings, inFlight } = cell;
  const devices = on.devices.slice(0, cell.connections);
  const order: Omit<LoadOrder, 'port' | 'acknowledged'> = { devices, messagesEach, inFlight, readings, firstSeq, pace };
  const go = await on.prepare(pipeline, order);
  const watched = on.watched(pipeline);
  const before = cpuTimes(watched);
  const began = performance.now();
  const run = await go();
  const tookMs = performance.now() - began;
  const { others, ...cpu } = spent(before, cpuTimes(watched));
  const messages = messagesEach * devices.length;

  expect(await on.stored(pipeline, order)).toEqual({
    messages,
    values: pipeline === 'naive' ? null : messages * readings * METRICS,
  });
  if (pipeline === 'product') {
    const { acknowledged, acknowledgedAgain, refused } = run;
    expect({ acknowledged, acknowledgedAgain, refused }).toEqual({
      acknowledged: messages,
      acknowledgedAgain: 0,
      refused: 0,
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
  for (const [index, cell] of cells.entries()) {
    if (cell.load !== load) rows.push([cell.load]);
    load = cell.load;
    const bare = measured[cells.findIndex((one) => one.load === cell.load && one.pipeline === 'bare')]!;
    rows.push(
      row(cell.what, measured[index]!, cell.readings, ratio(measured[index]!, bare), ratio(measured[index]!, naive)),
    );
  }
  rows.push([`paced, ${FLEET} connections, shares of the product's first rate`]);
  for (const [what, one] of paced) rows.push(row(what, [one], 1, '', ''));
  printTable(
    `Ingest, ${broker} broker over mutual TLS: ${METRICS} metrics a reading, sent → committed, median of ${ROUNDS} interleaved rounds\n${machine()}\n  CPU in µs per message, of others in cores; times in ms, PUBACK of a device and the application's acknowledgement`,
    header,
    rows,
  );
}

const ratio = (some: readonly Measured[], reference: readonly Measured[]): string =>
  `${median(some.map(({ perSecond }, round) => perSecond / reference[round]!.perSecond)).toFixed(2)}×`;

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
