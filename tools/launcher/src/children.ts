import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstalledDatabase } from './database.js';
import type { Home } from './home.js';
import type { ProcessPlan } from './managed-process.js';
import type { StartOptions } from './options.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface ChildrenContext {
  readonly options: StartOptions;
  readonly home: Home;
  readonly database: InstalledDatabase;
  readonly instance: string;
  readonly metricsPorts: { readonly api: number; readonly worker: number };
}

/** The processes of an installation in the order in which they start. */
export function planChildren(context: ChildrenContext): ProcessPlan[] {
  const { metricsPorts, options } = context;
  const names = options.devices > 0 ? ['api', 'worker', 'fleet'] : ['api', 'worker'];
  const scripts: Record<string, Pick<ProcessPlan, 'script' | 'words' | 'environment'>> = {
    api: { script: join(root, 'apps/api/dist/main.js'), environment: server(context, metricsPorts.api) },
    worker: { script: join(root, 'apps/worker/dist/main.js'), environment: server(context, metricsPorts.worker) },
    fleet: {
      script: join(root, 'packages/fleet-sim/dist/main.js'),
      words: [`--devices=${options.devices}`],
      environment: server(context, 0),
    },
  };
  return names.map((name) => ({
    name,
    ...scripts[name]!,
    logFile: join(context.home.logs, `${name}.log`),
    instance: context.instance,
  }));
}

/** Settings of one server process. Its owner URL stays here: no process that talks to the world may change the schema. */
function server({ options, home, database }: ChildrenContext, metricsPort: number): Record<string, string> {
  return {
    ...inherited(),
    MUSTER_DATA: home.folder,
    MUSTER_HOST: options.host,
    MUSTER_BIND: options.bind,
    MUSTER_PORT: String(options.port),
    MUSTER_DEVICE_PORT: String(options.devicePort),
    MUSTER_MQTT_PORT: String(options.mqttPort),
    MUSTER_METRICS_PORT: String(metricsPort),
    MUSTER_DATABASE_APP_URL: database.appUrl,
    MUSTER_DATABASE_SYSTEM_URL: database.systemUrl,
    NODE_ENV: 'production',
  };
}

function inherited(): Record<string, string> {
  const given = Object.entries(process.env).filter(([name]) => name !== 'MUSTER_DATABASE_URL' && !/^npm_/i.test(name));
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
