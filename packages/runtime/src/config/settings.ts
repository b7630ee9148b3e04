import { z } from 'zod';
import { roleUrls } from './role-urls.js';
import { missingForSigners, signerSettings } from './signer-settings.js';
import { urlOf } from './url-of.js';

const port = (fallback: number) =>
  z.coerce.number('a port number').int().min(0, 'a port number').max(65_535, 'a port number').default(fallback);

const postgres = () => urlOf('postgres', 'postgresql');

const key = z
  .string()
  .refine((text) => Buffer.from(text, 'base64').length === 32, '32 bytes in base64 (openssl rand -base64 32)');

/** Every setting of the server processes. The key of each entry is its environment variable. */
export const settingsSchema = z.object({
  MUSTER_DATA: z.string().min(1).default('.muster').describe('Folder for keys, artifacts and everything embedded.'),
  MUSTER_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:-]+$/, 'a host name or address')
    .default('localhost')
    .describe('Name by which people and devices reach this server; goes into certificates and printed commands.'),
  MUSTER_BIND: z.string().min(1).default('127.0.0.1').describe('Address to listen on; 0.0.0.0 for all.'),
  MUSTER_PORT: port(8080).describe('Console and application API.'),
  MUSTER_DEVICE_PORT: port(8443).describe('Device API over mutual TLS.'),
  MUSTER_MQTT_PORT: port(8883).describe('Embedded MQTT broker over mutual TLS.'),
  MUSTER_COAP_PORT: z.coerce
    .number('a port number')
    .int()
    .min(0, 'a port number')
    .max(65_535, 'a port number')
    .optional()
    .describe('CoAP door (UDP, without DTLS; messages are signed), usually 5683; closed when unset.'),
  MUSTER_COAP_BIND: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address of the CoAP door: that of the network the gateways are in, never a public one.'),
  MUSTER_FLOOD_PER_SECOND: z.coerce
    .number('a number')
    .min(0.1)
    .max(1_000_000)
    .default(200)
    .describe('Messages a second one device may send in the long run; more wait at the device.'),
  MUSTER_FLOOD_BURST: z.coerce
    .number('a number')
    .int()
    .min(1)
    .max(10_000_000)
    .default(20_000)
    .describe('Messages one device may send at once, e.g. out of its buffer after an outage.'),
  MUSTER_DATABASE_URL: postgres()
    .optional()
    .describe('Owner of the schema: migrations, backups, and the source of the next two.'),
  MUSTER_DATABASE_APP_URL: postgres().optional().describe('Role muster_app, bound by row-level security.'),
  MUSTER_DATABASE_SYSTEM_URL: postgres().optional().describe('Role muster_system, which sees every tenant.'),
  MUSTER_DATABASE_POOL: z.coerce
    .number('a number')
    .int()
    .min(2)
    .max(200)
    .default(10)
    .describe('Connections per role and process, at most.'),
  MUSTER_MQTT_URL: urlOf('mqtt', 'mqtts').optional().describe('External MQTT broker; the embedded one otherwise.'),
  MUSTER_REDIS_URL: urlOf('redis', 'rediss')
    .optional()
    .describe('Redis for the job queues, a logical database of their own (redis://host/1); PostgreSQL otherwise.'),
  MUSTER_ARTIFACTS_URL: urlOf('s3')
    .optional()
    .describe('S3-compatible store, s3://key:secret@host:port/bucket?tls=0; files below the data folder otherwise.'),
  MUSTER_KEK: key.optional().describe('Key that encrypts private keys at rest; the file keys/kek otherwise.'),
  MUSTER_KEK_PREVIOUS: key.optional().describe('The MUSTER_KEK before it, until `npm run rotate-kek` is through.'),
  ...signerSettings,
  MUSTER_WEBHOOK_PRIVATE: z
    .stringbool('true or false')
    .default(false)
    .describe('Whether webhooks may reach private and loopback addresses.'),
  MUSTER_SMTP_URL: urlOf('smtp', 'smtps')
    .optional()
    .describe('Mail server, smtp://user:password@host:port (smtps:// for TLS from the first byte); no mail otherwise.'),
  MUSTER_MAIL_FROM: z
    .string()
    .regex(/^[^\r\n]*\S+@\S+$|^[^<>\r\n]*<\S+@\S+>$/, 'an address such as Muster <muster@example.com>')
    .optional()
    .describe('Sender of mails; muster@ and MUSTER_HOST otherwise.'),
  MUSTER_METRICS_PORT: port(0).describe('Metrics and health of this process; 0 picks a free port.'),
  MUSTER_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
    .default('info')
    .describe('Least level that is logged.'),
});

/** The roles' URLs follow from the owner's unless they are given. */
const complete = settingsSchema.transform((settings, context) => {
  const owner = settings.MUSTER_DATABASE_URL;
  const roles = owner ? roleUrls(owner) : null;
  const MUSTER_DATABASE_APP_URL = settings.MUSTER_DATABASE_APP_URL ?? roles?.appUrl;
  const MUSTER_DATABASE_SYSTEM_URL = settings.MUSTER_DATABASE_SYSTEM_URL ?? roles?.systemUrl;
  if (!MUSTER_DATABASE_APP_URL || !MUSTER_DATABASE_SYSTEM_URL) {
    context.addIssue({ code: 'custom', path: ['MUSTER_DATABASE_URL'], message: 'set' });
    return z.NEVER;
  }
  return { ...settings, MUSTER_DATABASE_APP_URL, MUSTER_DATABASE_SYSTEM_URL };
});

type Environment = Readonly<Record<string, string | undefined>>;
type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<Camel<Tail>>}`
  : Lowercase<S>;
type Parsed = z.output<typeof settingsSchema>;

/** The settings under their names in code: `MUSTER_DEVICE_PORT` is `devicePort`. */
export type Settings = {
  readonly [K in keyof Parsed as K extends `MUSTER_${infer Rest}` ? Camel<Rest> : never]: Parsed[K];
} & { readonly databaseAppUrl: string; readonly databaseSystemUrl: string };

/** Nest injection token of the process's settings. */
export const SETTINGS = Symbol('settings');

/** All that is wrong with the environment, in one message. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly faults: readonly string[]) {
    super(
      `The settings have ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n  ${faults.join('\n  ')}`,
    );
  }
}

/**
 * Reads the settings from environment variables; an empty variable counts as unset.
 * @throws SettingsError naming every fault at once.
 */
export function readSettings(environment: Environment = process.env): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== '' && value !== undefined),
  );
  const parsed = complete.safeParse(given);
  const faults = (parsed.error?.issues ?? []).map(({ path, message }) => {
    const name = String(path[0]);
    return given[name] === undefined ? `${name} is missing` : `${name} must be ${message}`;
  });
  faults.push(...missingForSigners(given).map((name) => `${name} is missing`));
  if (!parsed.success || faults.length > 0) throw new SettingsError(faults);
  const entries = Object.entries(parsed.data).map(([name, value]) => [nameInCode(name), value]);
  return Object.fromEntries(entries) as Settings;
}

/**
 * MUSTER_* variables that mean nothing, most likely misspelt. To be warned about and not refused: Kubernetes puts
 * variables such as MUSTER_API_SERVICE_HOST into every pod beside a service called muster-api.
 */
export function unknownSettings(environment: Environment = process.env): string[] {
  const known = settingsSchema.keyof().options as readonly string[];
  return Object.keys(environment).filter((name) => name.startsWith('MUSTER_') && !known.includes(name));
}

const secret: ReadonlySet<string> = new Set(['kek', 'kekPrevious', 'pkcs11Pin', 'vaultToken']);

/** The settings as they may be logged: no passwords, no keys. */
export function redacted(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      if (secret.has(name) && value !== undefined) return [name, '[redacted]'];
      return [name, typeof value === 'string' && URL.canParse(value) ? withoutPassword(value) : value];
    }),
  );
}

function withoutPassword(text: string): string {
  const url = new URL(text);
  if (url.password === '') return text;
  url.password = 'redacted';
  return url.toString();
}

function nameInCode(variable: string): string {
  return variable
    .slice('MUSTER_'.length)
    .toLowerCase()
    .replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
