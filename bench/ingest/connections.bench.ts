import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, inject, it } from 'vitest';
import { memory } from '../processes.js';
import { cell, sized } from '../recipe.js';
import { machine, printTable } from '../report.js';
import { Rig } from './rig.js';

const CONNECTIONS = sized({ quick: 100, recipe: 200, full: 1_000 });
const SETTLE_MS = sized({ quick: 1_000, recipe: 2_000, full: 3_000 });

let rig: Rig | null = null;
let crowd: ChildProcess | null = null;
afterEach(async () => {
  crowd?.kill();
  await rig?.close();
  rig = null;
});

/** Mean of a few looks, since a heap breathes. */
async function settled(pid: number): Promise<number> {
  const looks: number[] = [];
  for (const until = performance.now() + SETTLE_MS; performance.now() < until; ) {
    looks.push(memory(pid).now);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  return looks.reduce((sum, one) => sum + one, 0) / looks.length;
}

it.each([['embedded'], ['mosquitto']] as const)('an idle device on the %s broker costs memory', async (broker) => {
  rig = await Rig.open(inject('postgres'), broker, CONNECTIONS);
  const { worker, broker: own, port } = rig.pipelines.product;
  const holder = own?.pid ?? worker;
  const before = await settled(holder);
  const began = performance.now();
  crowd = fork(fileURLToPath(new URL('./idle-crowd.ts', import.meta.url)), [], { serialization: 'advanced' });
  crowd.send({ port, devices: rig.devices });
  const [{ connected }] = (await once(crowd, 'message')) as [{ connected: number }];
  const tookS = (performance.now() - began) / 1_000;
  expect(connected).toBe(CONNECTIONS);
  const after = await settled(holder);
  const eachKiB = ((after - before) * 1_024) / CONNECTIONS;
  cell('R15', `an idle connection over mutual TLS, ${broker} broker`, eachKiB, 'KiB', { most: 100 });
  printTable(`R15 ${CONNECTIONS} idle devices over mutual TLS, ${broker} broker\n${machine()}`, null, [
    ['memory of the process that holds them', `${before.toFixed(0)} → ${after.toFixed(0)} MiB`],
    ['for each', `${eachKiB.toFixed(0)} KiB`],
    ['connecting, with the registry asked about each', `${(CONNECTIONS / tookS).toFixed(0)} per s`],
  ]);
});
