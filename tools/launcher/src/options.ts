import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly data: string;
  readonly host: string;
  readonly bind: string;
  readonly port: number;
  readonly devicePort: number;
  readonly mqttPort: number;
  /** Simulated devices; 0 leaves the demo out. */
  readonly devices: number;
  /** Only print a new sign-in link. */
  readonly signIn: boolean;
}

export const startUsage = `Usage: npm start -- [options]

  --devices N       size of the demo fleet (default 200)
  --no-demo         start without the demo fleet
  --host NAME       name under which people and devices reach this machine; listens on every address
  --port N          console and API (default 8080)
  --device-port N   device API over mutual TLS (default 8443)
  --mqtt-port N     MQTT over mutual TLS (default 8883)
  --data DIR        where everything is kept (default .muster)
  --sign-in         print a new sign-in link for the running server and exit
  --help`;

/** Something the person who typed the command can put right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Flags win over MUSTER_* variables, which win over defaults. Null asks for help. @throws UsageError */
export function parseStart(words: readonly string[], environment: Environment = process.env): StartOptions | null {
  const { values } = parse(words, {
    devices: { type: 'string' },
    demo: { type: 'boolean' },
    host: { type: 'string' },
    port: { type: 'string' },
    'device-port': { type: 'string' },
    'mqtt-port': { type: 'string' },
    data: { type: 'string' },
    'sign-in': { type: 'boolean' },
    help: { type: 'boolean' },
  });
  if (values.help) return null;
  const host = text(values.host) ?? environment.MUSTER_HOST ?? 'localhost';
  if (!/^[A-Za-z0-9.:-]+$/.test(host)) throw new UsageError(`--host ${host} is not a host name or an address`);
  const devices = values.demo === false ? 0 : number('--devices', text(values.devices) ?? '200', 100_000);
  return {
    data: dataFolder(text(values.data), environment),
    host,
    bind: environment.MUSTER_BIND ?? (host === 'localhost' ? '127.0.0.1' : '0.0.0.0'),
    port: number('--port', text(values.port) ?? environment.MUSTER_PORT ?? '8080', 65_535),
    devicePort: number(
      '--device-port',
      text(values['device-port']) ?? environment.MUSTER_DEVICE_PORT ?? '8443',
      65_535,
    ),
    mqttPort: number('--mqtt-port', text(values['mqtt-port']) ?? environment.MUSTER_MQTT_PORT ?? '8883', 65_535),
    devices,
    signIn: values['sign-in'] === true,
  };
}

export interface ArchiveOptions {
  readonly data: string;
  /** The archive to write or to read; null asks for a default name. */
  readonly file: string | null;
}

/** Options of `backup` and `restore`: one file name and `--data`. Null asks for help. @throws UsageError */
export function parseArchive(words: readonly string[], environment: Environment = process.env): ArchiveOptions | null {
  const { values, positionals } = parse(words, { data: { type: 'string' }, help: { type: 'boolean' } }, 1);
  if (values.help) return null;
  return { data: dataFolder(text(values.data), environment), file: positionals[0] ? resolve(positionals[0]) : null };
}

export interface RootKeyOptions {
  readonly data: string;
  readonly verb: 'status' | 'offline' | 'online';
  readonly file: string;
}

/** Options of `root-key`: what to do, the file it is about, and `--data`. Null asks for help. @throws UsageError */
export function parseRootKey(words: readonly string[], environment: Environment = process.env): RootKeyOptions | null {
  const { values, positionals } = parse(words, { data: { type: 'string' }, help: { type: 'boolean' } }, 2);
  if (values.help) return null;
  const [verb = 'status', file] = positionals;
  if (verb !== 'status' && verb !== 'offline' && verb !== 'online')
    throw new UsageError(`root-key knows status, offline and online, not ${verb}`);
  if (verb !== 'status' && file === undefined) throw new UsageError(`root-key ${verb} needs the name of a file`);
  return { data: dataFolder(text(values.data), environment), verb, file: resolve(file ?? '') };
}

type Flags = Record<string, { type: 'string' | 'boolean' }>;

function parse<T extends Flags>(words: readonly string[], options: T, files = 0) {
  try {
    const parsed = parseArgs({ args: [...words], options, allowNegative: true, allowPositionals: files > 0 });
    if (parsed.positionals.length > files) throw new Error(`Unexpected argument '${parsed.positionals[files]}'`);
    return { values: parsed.values as { [K in keyof T]?: string | boolean }, positionals: parsed.positionals };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function dataFolder(flag: string | undefined, environment: Environment): string {
  return resolve(flag ?? environment.MUSTER_DATA ?? '.muster');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(flag: string, value: string, most: number): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isInteger(parsed) || parsed < 0 || parsed > most) {
    throw new UsageError(`${flag} must be a whole number from 0 to ${most}, not ${value}`);
  }
  return parsed;
}
