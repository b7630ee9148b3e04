import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConfig, publishConfig } from '@muster/contracts/configs/configs.routes';
import { putDeviceClass } from '@muster/contracts/devices/devices.routes';
import { createEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import { listReleases } from '@muster/contracts/releases/releases.routes';
import { type Behaviour, simulatedArtifact } from '@muster/fleet-sim/behaviour';
import { demoModels, demoVersions } from '@muster/fleet-sim/fleet-plan';
import type { SensorFault, SensorTrouble } from '@muster/fleet-sim/sensor-faults';
import { makeSignInLink } from '../sign-in.js';
import { ApiClient } from './api-client.js';
import { addSecondPerson, makeBatch } from './prepare-identity.js';
import { publishContent } from './publish-release.js';

export interface DemoOptions {
  readonly ownerUrl: string;
  readonly consoleUrl: string;
  readonly deviceUrl: string;
  readonly devices: number;
  /** The simulator's folder; the plan is left in it. */
  readonly folder: string;
}

const DEMO_CLASS = 'demo-gateway';
/** Short, so that a visitor sees presence change. */
const DEMO_TIMES = { heartbeatS: 10, missedHeartbeats: 3 };
const SITES = ['Berlin', 'Lisbon', 'Oslo'];
const ARTIFACT_BYTES = 256 * 1024;

/** What a visitor finds: two releases the fleet runs already, one that is good, and one that breaks 30% of the devices. */
const releases: readonly { version: string; notes: string; behaviour?: Behaviour }[] = [
  ...demoVersions.map((version) => ({ version, notes: 'What the fleet came with.' })),
  { version: '1.2.0', notes: 'Smoother power readings. Safe to roll out.' },
  {
    version: '1.3.0',
    notes: 'Faster start. On three devices of ten the meter service does not come up: a campaign with it stops itself.',
    behaviour: [{ share: 0.3, fault: { kind: 'unhealthy', detail: 'the meter service does not answer' } }],
  },
];

const HOUR_MS = 3_600_000;
/** Long enough for a baseline: the first week of a series says nothing. */
const PAST_HOURS = 12 * 24;

/** Devices, by their number, that have something for the anomalies page; they tell twelve days of readings, the trouble at their end. */
export function sensorTroubles(now: Date): Record<string, SensorTrouble[]> {
  // On the grid of the readings they tell of the past.
  const ago = (hours: number) =>
    new Date(Math.floor((now.getTime() - hours * HOUR_MS) / 300_000) * 300_000).toISOString();
  const trouble = (hours: number, fault: SensorFault) => ({ fault, since: ago(hours), pastHours: PAST_HOURS });
  return {
    2: [trouble(12, { kind: 'stuck', metric: 'temperature_c' })],
    3: [
      trouble(9, { kind: 'shift', metric: 'power_w', by: 9_000 }),
      trouble(9, { kind: 'shift', metric: 'voltage_v', by: -30 }),
    ],
    5: [trouble(3, { kind: 'spike', metric: 'voltage_v', by: 170, everyS: 12 * 3_600, forS: 10 })],
  };
}

/** Makes the demo fleet possible: releases, a golden config, and a plan with enrolment tokens. Does again only what is missing. */
export async function prepareDemo(options: DemoOptions): Promise<void> {
  const file = join(options.folder, 'plan.json');
  if (existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { devices?: number }).devices! >= options.devices)
    return;
  const link = await makeSignInLink(options.ownerUrl, options.consoleUrl);
  const client = await ApiClient.signIn(options.consoleUrl, link);
  await client.call(putDeviceClass, { params: { name: DEMO_CLASS }, body: DEMO_TIMES });
  await publishReleases(client);
  await publishBasics(client);
  await addSecondPerson(client);
  const groups = [];
  for (const site of SITES) {
    const { token } = await client.call(createEnrollmentToken, {
      body: { name: `Demo fleet, ${site}`, site, class: DEMO_CLASS, maxUses: options.devices, expiresInS: 30 * 86_400 },
    });
    groups.push({ token, site });
  }
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const sensors = sensorTroubles(new Date());
  const batch = await makeBatch(client, DEMO_CLASS);
  const plan = { url: options.deviceUrl, groups, devices: options.devices, sensors, batch };
  writeFileSync(`${file}.new`, JSON.stringify(plan), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

async function publishReleases(client: ApiClient): Promise<void> {
  const there = await client.call(listReleases, { query: { pageSize: 1000 } });
  const have = new Set(there.items.map((release) => release.version));
  for (const { version, notes, behaviour } of releases)
    if (!have.has(version)) {
      const content = simulatedArtifact(version, ARTIFACT_BYTES, behaviour);
      await publishContent(client, { name: 'Gateway firmware', version, models: [...demoModels], content, notes });
    }
}

async function publishBasics(client: ApiClient): Promise<void> {
  const made = await client.attempt(createConfig, {
    body: {
      name: 'Gateway basics',
      layer: 'class',
      selector: { class: [DEMO_CLASS] },
      document: { heartbeatS: 10, telemetryS: 10, logLevel: 'info', reporting: { powerDeadbandW: 5 } },
      notes: 'What every gateway of the demo follows.',
    },
  });
  if (made.status === 409) return;
  if (made.status >= 400) throw new Error(`the demo's golden config was refused: ${JSON.stringify(made.body)}`);
  const { id, version } = made.body;
  await client.call(publishConfig, { params: { configId: id, number: 1 }, match: version });
}
