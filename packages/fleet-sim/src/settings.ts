import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Scenario } from './scenario.js';

/** A plan file: what the control plane's demo leaves for the simulator when it does not say it on the command line. */
const PlanFile = z.object({
  url: z.string(),
  groups: z.array(z.object({ token: z.string(), site: z.string(), weight: z.number().positive().optional() })).min(1),
  models: z.array(z.string()).min(1).optional(),
  firmwareVersions: z.array(z.string()).min(1).optional(),
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
