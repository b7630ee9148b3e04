/** Per rule of .dependency-cruiser.cjs: one import that breaks it and nothing else. */
export interface ArrowCanary {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

const canary = (rule: string, from: string, to: string): ArrowCanary => ({ rule, from: `${from}.ts`, to });

const slices = [
  ['devices', 'campaigns'],
  ['enrollment', 'campaigns'],
  ['certificates', 'campaigns'],
  ['trust', 'certificates'],
  ['configs', 'campaigns'],
  ['commands', 'releases'],
  ['releases', 'campaigns'],
  ['campaigns', 'enrollment'],
  ['telemetry', 'campaigns'],
  ['notifications', 'campaigns'],
  ['executions', 'enrollment'],
  ['twins', 'campaigns'],
  ['alerts', 'campaigns'],
] as const;

/** `to` is a file of the same tree, or a bare name for something from node_modules or Node. */
export const arrowCanaries: readonly ArrowCanary[] = [
  canary('words-know-nobody', 'packages/contracts/src/a', 'packages/domain/src/ok.ts'),
  canary('words-import-only-zod', 'packages/contracts/src/b', 'uuid'),
  canary('rules-know-words', 'packages/domain/src/a', 'packages/telemetry/src/ok.ts'),
  canary('rules-are-pure', 'packages/domain/src/b', 'node:fs'),
  canary('rules-are-pure', 'packages/domain/src/c', 'uuid'),
  canary('pki-knows-words-and-rules', 'packages/pki/src/a', 'packages/telemetry/src/ok.ts'),
  canary('telemetry-knows-words-and-rules', 'packages/telemetry/src/a', 'packages/pki/src/ok.ts'),
  canary('memory-looks-up', 'packages/persistence/src/a', 'packages/runtime/src/ok.ts'),
  canary('chassis-knows-no-feature', 'packages/runtime/src/a', 'packages/persistence/src/devices/ok.ts'),
  canary('ingest-looks-up', 'packages/ingest/src/a', 'apps/worker/src/ok.ts'),
  canary('doors-do-not-meet', 'apps/api/src/a', 'apps/worker/src/ok.ts'),
  canary('simulators-know-the-agent', 'packages/fleet-sim/src/a', 'apps/worker/src/ok.ts'),
  canary('agent-is-light', 'packages/device-agent/src/b', 'packages/persistence/src/ok.ts'),
  canary('console-is-light', 'apps/console/src/a', 'packages/pki/src/ok.ts'),
  canary('workshop-is-for-tests', 'apps/api/src/b', 'packages/testkit/src/ok.ts'),
  canary('sql-has-one-home', 'apps/api/src/c', 'pg'),
  canary('sql-has-one-home', 'apps/worker/src/d', 'typeorm'),
  canary('mqtt-has-one-home', 'apps/worker/src/e', 'mqtt'),
  canary('mqtt-has-one-home', 'apps/api/src/e', 'aedes'),
  ...slices.map(([slice, other]) => canary(`slice-${slice}`, `apps/api/src/${slice}/a`, `apps/api/src/${other}/ok.ts`)),
];
