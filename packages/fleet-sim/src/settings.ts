import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ClaimBatchPlan } from './claim-batch.js';
import { PlannedFaults, readFaults, readPresence } from './planned-faults.js';
import { PresencePlan } from './presence.js';
import { Scenario } from './scenario.js';
import { SensorTrouble } from './sensor-faults.js';

/** A plan file: what the control plane's demo leaves for the simulator when it does not say it on the command line. */
const PlanFile = z.object({
  url: z.string(),
  groups: z.array(z.object({ token: z.string(), site: z.string(), weight: z.number().positive().optional() })).min(1),
  models: z.array(z.string()).min(1).optional(),
  firmwareVersions: z.array(z.string()).min(1).optional(),
  faults: PlannedFaults.optional(),
  presence: PresencePlan.optional(),
  sensors: z.record(z.string(), z.array(SensorTrouble)).optional(),
  batch: ClaimBatchPlan.optional(),
});
export type PlanFile = z.infer<typeof PlanFile>;

export interface Settings {
  plan: () => Promise<PlanFile | null>;
  devices: number;
  seed: number;
  folder: string;
  rampMs: number;
  pastHours: number;
  telemetryS: number;
  scenario: Scenario | null;
  faults: z.infer<typeof PlannedFaults>;
  presence: PresencePlan;
  verbose: boolean;
}

export const usage = `fleet-sim: many simulated devices on the agent's own core

  fleet-sim --url https://HOST:8443 --token TOKEN [--token TOKEN …] --devices N --data DIR

  --token TOKEN    enrolment token good for many devices; one a site
  --site NAME      names of the sites, in the order of the tokens (default: Berlin, Lisbon, Oslo)
  --plan FILE      instead of --url and --token: JSON {url, groups: [{token, site}]}; waited for
  --devices N      how many (default 200)
  --data DIR       where devices keep who they are (default: the fleet folder below MUSTER_DATA)
  --seed N         the same seed gives the same fleet (default 1)
  --ramp SECONDS   spread first connections (default 10)
  --past HOURS     what new devices tell about the past (default 24)
  --every SECONDS  telemetry interval (default 10)
  --scenario FILE  JSON timeline of faults
  --fault VERSION=KIND@SHARE[,name=value…]
                   what a share of the devices makes of a release, * for any: rejects, defers (times, retryAfterS),
                   slow_download (bytesPerS), fails_install (atPercent), goes_silent (forMs), installs_late (afterMs),
                   unhealthy, crashes, crash_loops (everyMs), lies, falls_back (afterMs), bricks,
                   ails (afterMs, status, missing, metric, shift); may be given several times
  --presence HABIT=SHARE
                   devices that are away at times: nightly, weekdays, flaky; may be given several times
`;

const SITES = ['Berlin', 'Lisbon', 'Oslo'];

/** Reads command line and environment. Throws with a sentence. */
export async function readSettings(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<Settings> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: { type: 'string' },
      token: { type: 'string', multiple: true, default: [] },
      site: { type: 'string', multiple: true, default: SITES },
      plan: { type: 'string' },
      devices: { type: 'string', default: '200' },
      data: { type: 'string' },
      seed: { type: 'string', default: '1' },
      ramp: { type: 'string', default: '10' },
      past: { type: 'string', default: '24' },
      every: { type: 'string', default: '10' },
      scenario: { type: 'string' },
      fault: { type: 'string', multiple: true, default: [] },
      presence: { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
    },
  });
  const folder = values.data ?? join(environment.MUSTER_DATA ?? '.muster', 'fleet');
  const { url, token, site } = values;
  const given =
    url !== undefined && token.length > 0
      ? { url, groups: token.map((text, i) => ({ token: text, site: site[i] ?? `Site ${i + 1}` })) }
      : null;
  return {
    plan: async () => given ?? readPlan(values.plan ?? join(folder, 'plan.json')),
    devices: number('--devices', values.devices, 1, 18_000),
    seed: number('--seed', values.seed, 0, 2 ** 31),
    folder,
    rampMs: number('--ramp', values.ramp, 0, 3_600) * 1000,
    pastHours: number('--past', values.past, 0, 720),
    telemetryS: number('--every', values.every, 0.1, 3_600),
    scenario:
      values.scenario === undefined ? null : Scenario.parse(JSON.parse(await readFile(values.scenario, 'utf8'))),
    faults: readFaults(values.fault),
    presence: readPresence(values.presence),
    verbose: values.verbose,
  };
}

async function readPlan(path: string): Promise<PlanFile | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : PlanFile.parse(JSON.parse(text));
}

function number(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  throw new Error(`${name} must be a number from ${least} to ${most}, not "${text}"`);
}
