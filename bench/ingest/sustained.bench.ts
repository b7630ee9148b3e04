import { afterEach, describe, expect, inject, it } from 'vitest';
import { memory } from '../processes.js';
import { machine, median, printTable } from '../report.js';
import { type BrokerKind, Rig, type Run } from './rig.js';

const quick = Boolean(process.env.MUSTER_QUICK);
const FLEET = 200;
const METRICS = 5;
const SUSTAINED_S = quick ? 20 : 600;
const BEYOND_S = quick ? 4 : 10;
/** Packets are made before they are sent, and what is offered beyond the ceiling takes its time. */
const TIME_LIMIT_MS = (3 * SUSTAINED_S + 300) * 1_000;
/** Share of the measured ceiling that is then kept up. */
const SHARE = 0.5;
const BEYOND = 3;
/**
 * An external broker acknowledges what it queues for the worker and drops what its queue cannot hold (200,000 messages in
 * ops/mosquitto). A device sends that again, since nobody committed it; this load sends once, so it stays below.
 */
const QUEUE = 150_000;

let rig: Rig | null = null;
let sequence = 1;
afterEach(async () => {
  await rig?.close();
  rig = null;
});

interface Stretch {
  readonly run: Run;
  readonly perSecond: number;
  /** Resident memory of the worker in MiB, once a second. */
  readonly rss: readonly number[];
}

/** One load on the product, with the proof that all of it is stored once and acknowledged once. */
async function stretch(on: Rig, messagesEach: number, pace: number | null, lazy: boolean): Promise<Stretch> {
  const firstSeq = sequence;
  sequence += messagesEach;
  const order = { devices: on.devices, messagesEach, inFlight: 20, readings: 1, firstSeq, pace, lazy };
  const go = await on.prepare('product', order);
  const rss: number[] = [];
  const sampling = setInterval(() => rss.push(memory(on.pipelines.product.worker).now), 1_000);
  const run = await go().finally(() => clearInterval(sampling));
  const messages = messagesEach * FLEET;
  expect(await on.stored('product', order)).toEqual({ messages, values: messages * METRICS });
  const { acknowledged, acknowledgedAgain, refused } = run;
  expect({ acknowledged, acknowledgedAgain, refused }).toEqual({
    acknowledged: messages,
    acknowledgedAgain: 0,
    refused: 0,
  });
  return { run, perSecond: (messages / run.committedMs) * 1_000, rss };
}

describe.each([['embedded'], ['mosquitto']] as const)('a long run through the %s broker', (broker: BrokerKind) => {
  it(
    'needs no more memory at its end, and what is offered beyond the ceiling waits at the devices',
    async () => {
      rig = await Rig.open(inject('postgres'), broker, FLEET);
      await stretch(rig, 20, null, false);
      const ceiling = await stretch(rig, quick ? 100 : 300, null, false);
      const pace = Math.round(ceiling.perSecond * SHARE);
      const sustained = await stretch(rig, Math.ceil((pace * SUSTAINED_S) / FLEET), pace, true);
      const beyondPace = Math.round(ceiling.perSecond * BEYOND);
      const beyondS = broker === 'embedded' ? BEYOND_S : Math.min(BEYOND_S, QUEUE / beyondPace);
      const beyond = await stretch(rig, Math.ceil((beyondPace * beyondS) / FLEET), beyondPace, false);
      const quarter = Math.max(1, Math.floor(sustained.rss.length / 4));
      const first = median(sustained.rss.slice(0, quarter));
      const last = median(sustained.rss.slice(-quarter));
      const ms = ({ p50, p99 }: { p50: number; p99: number }) => `${p50.toFixed(0)} / ${p99.toFixed(0)}`;
      const line = (what: string, one: Stretch, offered: string) => [
        what,
        offered,
        one.perSecond.toFixed(0),
        ms(one.run.puback),
        ms(one.run.acknowledgement!),
        String(Math.max(0, ...one.rss)),
      ];
      printTable(
        `A long run, ${broker} broker over mutual TLS, ${FLEET} devices, ${METRICS} metrics a message; every message stored and acknowledged once\n${machine()}\n  rates in messages/s, times in ms, memory of the worker in MiB`,
        ['', 'offered', 'committed', 'PUBACK p50/p99', 'acknowledged p50/p99', 'most memory'],
        [
          line('ceiling', ceiling, '20 in flight each'),
          line(`sustained for ${SUSTAINED_S} s`, sustained, String(pace)),
          line(`beyond it for ${beyondS.toFixed(0)} s`, beyond, String(beyondPace)),
          [
            `memory of the sustained run: first quarter ${first} MiB, last quarter ${last} MiB, ${(last / first).toFixed(2)}×`,
          ],
        ],
      );
    },
    TIME_LIMIT_MS,
  );
});
