import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '@muster/device-agent/ports/log';
import { type ClaimBatch, startClaimBatch } from './claim-batch.js';
import { type Fleet, startFleet } from './fleet.js';
import { playScenario } from './scenario.js';
import { type PlanFile, readSettings, type Settings, usage } from './settings.js';

const STATUS_MS = 5_000;

const say = (text: string) => process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

const quietLog: Log = {
  info: () => undefined,
  warn: (message, facts) => say(`! ${message} ${JSON.stringify(facts ?? {})}`),
};
const loudLog: Log = { ...quietLog, info: (message, facts) => say(`${message} ${JSON.stringify(facts ?? {})}`) };

/** A demo is planned by the control plane once it is up; until then there is nothing to do but wait. */
async function waitForPlan(settings: Settings): Promise<PlanFile> {
  for (let waited = 0; ; waited++) {
    const plan = await settings.plan();
    if (plan) return plan;
    if (waited === 0) say('waiting for a plan');
    await pause(1_000);
  }
}

async function run(settings: Settings): Promise<void> {
  let fleet: Fleet | null = null;
  let batch: ClaimBatch | null = null;
  let cancelScenario = () => {};
  const stop = () => {
    cancelScenario();
    void Promise.allSettled([fleet?.stop(), batch?.stop()]).finally(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);
  // The supervisor waits for this before it goes on; the fleet may need minutes to be complete.
  process.send?.({ ready: true });
  const plan = await waitForPlan(settings);
  const { devices, seed, folder, rampMs, pastHours, telemetryS, scenario, verbose } = settings;
  const faults = { ...plan.faults, ...settings.faults };
  const presence = settings.presence.length > 0 ? settings.presence : (plan.presence ?? []);
  const { sensors = {} } = plan;
  say(`starting ${devices} devices`);
  const log = verbose ? loudLog : quietLog;
  const tempo = { pastHours, telemetryS };
  if (plan.batch) batch = startClaimBatch(plan.batch, { url: plan.url, folder, seed, tempo, say });
  // The listed devices of the batch are among those asked for.
  const others = Math.max(1, devices - (plan.batch?.listed.length ?? 0));
  fleet = await startFleet({ ...plan, devices: others, seed, folder, rampMs, tempo, log, faults, presence, sensors });
  if (scenario) cancelScenario = playScenario(fleet, scenario);
  tellStatus(() => (fleet?.online() ?? 0) + (batch?.online() ?? 0), devices);
}

function tellStatus(count: () => number, devices: number): void {
  let told = -1;
  setInterval(() => {
    const online = count();
    if (online !== told) say(`${online} of ${devices} online`);
    told = online;
  }, STATUS_MS);
}

try {
  await run(await readSettings(process.argv.slice(2), process.env));
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`);
  process.exit(2);
}
