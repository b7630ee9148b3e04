import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { prepareDatabase } from '@muster/runtime/database/prepare-database';
import { freePort } from '@muster/runtime/embedded/free-port';
import { isAlive } from '@muster/runtime/embedded/postmaster';
import { Shutdown } from '@muster/runtime/shutdown/shutdown';
import { consoleUrl, deviceUrl, printBanner } from './banner.js';
import { planChildren } from './children.js';
import { openInstalledDatabase } from './database.js';
import { prepareDemo } from './demo/prepare-demo.js';
import { secondPerson } from './demo/prepare-identity.js';
import { type Home, openHome } from './home.js';
import { ManagedProcess } from './managed-process.js';
import { type StartOptions, UsageError } from './options.js';
import { claimPorts } from './ports.js';
import { endLeftovers, isRunning, readRunRecord, removeRunRecord, writeRunRecord } from './run-record.js';
import { makeSignInLink } from './sign-in.js';
import { bold, dim, say, step } from './terminal.js';

/** Brings the installation up and keeps it up until SIGINT or SIGTERM. Resolves when everything has stopped. */
export async function start(options: StartOptions): Promise<void> {
  const home = openHome(options.data);
  const url = consoleUrl(options);
  if (options.signIn) return printSignIn(home);
  await refuseOrTidy(home);
  await claimPorts(
    [
      { flag: '--port', port: options.port },
      { flag: '--device-port', port: options.devicePort },
      // Where an external broker may already listen for devices.
      ...(process.env.MUSTER_MQTT_URL ? [] : [{ flag: '--mqtt-port', port: options.mqttPort }]),
    ],
    options.bind,
  );

  say(`\n  ${bold('Muster')}\n`);
  const shutdown = new Shutdown();
  const stopped = untilStopped();
  try {
    await bringUp(options, home, url, shutdown, stopped);
    await stopped.promise;
    say(`\n  ${dim('stopping …')}`);
  } finally {
    for (const failure of await shutdown.run()) say(`  ${failure.message}: ${String(failure.cause)}`);
    removeRunRecord(home.run);
  }
  say(`  ${dim('stopped. Everything is kept; npm start goes on from here.')}\n`);
}

async function bringUp(
  options: StartOptions,
  home: Home,
  url: string,
  shutdown: Shutdown,
  stopped: { readonly requested: boolean; readonly fail: (error: Error) => void },
): Promise<void> {
  const instance = randomBytes(12).toString('hex');
  const database = await step(
    'database',
    () => openInstalledDatabase(home),
    (opened) => opened.description,
  );
  shutdown.add('database', () => database.stop());
  await step(
    'schema',
    () => prepareDatabase(database),
    () => 'up to date',
  );
  database.watch((error) => note(error ? `database could not be restarted: ${error}` : 'database was restarted'));

  const metricsPorts = { api: await freePort(9464), worker: await freePort(9465) };
  const children: ManagedProcess[] = [];
  const record = () => {
    const pids = children.flatMap(({ name, pid }) => (pid ? [[name, pid] as const] : []));
    writeRunRecord(home.run, {
      pid: process.pid,
      instance,
      children: Object.fromEntries(pids),
      ownerUrl: database.ownerUrl,
      consoleUrl: url,
    });
  };
  for (const plan of planChildren({ options, home, database, instance, metricsPorts })) {
    if (stopped.requested) return;
    // A demo that cannot be laid out is a pity; a control plane that stays down for it would be worse.
    if (plan.name === 'fleet' && !(await layOutDemo(options, home, database.ownerUrl, url))) continue;
    const child = new ManagedProcess(plan, {
      onEnd: (name, why, pauseMs) => note(`${name} ${why}; starting it again in ${pauseMs / 1000} s`),
      onReady: (name) => {
        record();
        if (announced.has(name)) note(`${name} is back`);
        announced.add(name);
      },
      onGiveUp: (name, why) =>
        stopped.fail(new Error(`${name} ${why} and cannot be started again:\n\n${child.logTail()}`)),
    });
    children.push(child);
    shutdown.add(plan.name, () => child.stop());
    const began = child.start();
    record();
    await step(
      plan.name,
      () => began,
      () => descriptions(options, url)[plan.name] ?? '',
    );
  }
  const signIn = await makeSignInLink(database.ownerUrl, url).catch(() => null);
  const second =
    options.devices > 0 ? await makeSignInLink(database.ownerUrl, url, secondPerson.email).catch(() => null) : null;
  printBanner(options, { console: url, signIn, second });
}

async function layOutDemo(options: StartOptions, home: Home, ownerUrl: string, url: string): Promise<boolean> {
  const { devices } = options;
  const demo = { ownerUrl, consoleUrl: url, deviceUrl: deviceUrl(options), devices, folder: home.fleet };
  try {
    await step(
      'demo',
      () => prepareDemo(demo),
      () => 'releases, golden config, tokens and a claim batch for the fleet',
    );
    return true;
  } catch (error) {
    note(`the demo fleet stays out: ${(error as Error).message}`);
    return false;
  }
}

const announced = new Set<string>();

function descriptions(options: StartOptions, url: string): Record<string, string> {
  return {
    api: `console and API at ${url}`,
    worker: process.env.MUSTER_MQTT_URL
      ? 'MQTT through the external broker'
      : `MQTT broker on port ${options.mqttPort}`,
    fleet: `${options.devices} simulated devices`,
  };
}

async function printSignIn(home: Home): Promise<void> {
  const record = readRunRecord(home.run);
  if (!record || !isRunning(record)) {
    throw new UsageError(
      `Nothing runs on ${home.folder}. Start it with npm start, which prints a sign-in link as well.`,
    );
  }
  say(await makeSignInLink(record.ownerUrl, record.consoleUrl));
}

/** Two launchers on one data folder would fight; what a killed one left behind is ended. */
async function refuseOrTidy(home: Home): Promise<void> {
  const record = readRunRecord(home.run);
  if (!record) return;
  if (isRunning(record)) {
    throw new UsageError(`Muster already runs on ${home.folder} (process ${record.pid}): ${record.consoleUrl}`);
  }
  const ended = await endLeftovers(record, async (pid) => {
    const deadline = performance.now() + 12_000;
    while (isAlive(pid) && performance.now() < deadline) await pause(50);
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  });
  if (ended.length > 0) say(`  ${dim(`ended what an interrupted run had left behind: ${ended.join(', ')}`)}`);
  removeRunRecord(home.run);
}

function note(text: string): void {
  say(`  ${dim(new Date().toTimeString().slice(0, 8))} ${text}`);
}

function untilStopped() {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => {});
  const state = { promise, requested: false, fail: (error: Error) => reject(error) };
  const ask = () => {
    if (state.requested) return;
    state.requested = true;
    resolve();
  };
  process.on('SIGINT', ask);
  process.on('SIGTERM', ask);
  process.on('SIGHUP', ask);
  return state;
}
