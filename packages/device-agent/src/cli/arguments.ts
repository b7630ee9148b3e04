import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { readRootSha256 } from '../identity/way-in.js';

/** What the command line says about being let in; files are read when they are needed. */
export interface WayInArguments {
  token: string | null;
  /** A claim or factory certificate: PEM or PKCS #12. */
  certificate: string | null;
  certificateKey: string | null;
  passwordFile: string | null;
  /** The factory certificate's own key is to be the device's. */
  keepKey: boolean;
  key: string | null;
  rootSha256: string | null;
  tenant: string | null;
}

export interface AgentArguments {
  url: string | null;
  wayIn: WayInArguments;
  state: string;
  /** Whether the command line says which state folder, by name or by whose it is. */
  stateNamed: boolean;
  name: string | null;
  model: string;
  hardwareRevision: string | null;
  serial: string | null;
  firmwareVersion: string;
  newRequest: boolean;
  once: boolean;
  verbose: boolean;
}

export const usage = `muster-agent: puts this machine under the care of a Muster control plane

  muster-agent --url https://HOST:8443 CREDENTIAL
  muster-agent why [--state DIR]     says in one sentence why this device is or is not updating
  muster-agent key [--state DIR]     makes this device's key and prints what to register it with

  --url URL                the device API of the control plane

CREDENTIAL, needed once, is one of
  --token TOKEN            an enrolment token, which brings the root with it
  --claim FILE             a claim certificate: PEM with --claim-key FILE, or PKCS #12
  --factory FILE           the certificate the device was made with (chain in one PEM file, with --factory-key FILE, or
                           PKCS #12); with --keep-key its key (PEM) becomes the device's own instead of a fresh one
  --key FILE               a key registered beforehand, as PEM; without FILEs, the key of \`muster-agent key\`
  --tenant NAME            none at all: a person of this tenant compares six words and lets the device in
and beside anything but a token
  --root-sha256 HEX        the SHA-256 of the root certificate, which pins the server
  --password-file FILE     opens a PKCS #12 file (default: no password)

  --new-request            gives up the request that waits or was turned down, and makes another
  --state DIR              where identity and data are kept (default: ~/.muster-agent/<control plane>)
  --name NAME              how the device is called in the console
  --model MODEL            hardware model (default: generic-linux)
  --hardware-revision REV  hardware revision
  --serial SERIAL          serial number (default: made up once and kept)
  --firmware-version V     what runs before the first update (default: 0.0.0)
  --once                   connect, have one message acknowledged, and end; does not wait for a person
  --verbose                say more

Ends with 0 when done or told to stop, 2 when refused or used wrongly, 3 when a person turned the device away,
4 when --once met a request that waits for a person.
`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;

/** Reads the command line. Throws with a sentence for the person who typed it. */
export function readArguments(argv: readonly string[]): AgentArguments | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: text,
      token: text,
      claim: text,
      'claim-key': text,
      factory: text,
      'factory-key': text,
      'password-file': text,
      'keep-key': flag,
      key: text,
      'root-sha256': text,
      tenant: text,
      'new-request': flag,
      state: text,
      name: text,
      model: { type: 'string', default: 'generic-linux' },
      'hardware-revision': text,
      serial: text,
      'firmware-version': { type: 'string', default: '0.0.0' },
      once: flag,
      verbose: flag,
      help: flag,
    },
  });
  if (values.help) return 'help';
  const ways = (['token', 'claim', 'factory', 'key'] as const).filter((name) => values[name] !== undefined);
  if (ways.length > 1) throw new Error(`give one of ${ways.map((name) => `--${name}`).join(' and ')}, not several`);
  const wayIn: WayInArguments = {
    token: values.token ?? null,
    certificate: values.claim ?? values.factory ?? null,
    certificateKey: values['claim-key'] ?? values['factory-key'] ?? null,
    passwordFile: values['password-file'] ?? null,
    keepKey: values['keep-key'],
    key: values.key ?? null,
    rootSha256: values['root-sha256'] === undefined ? null : readRootSha256(values['root-sha256']),
    tenant: values.tenant ?? null,
  };
  if (ways.length > 0 && wayIn.token === null && wayIn.rootSha256 === null)
    throw new Error(`--${ways[0]} needs --root-sha256, the SHA-256 of the root certificate, beside it`);
  return {
    url: values.url ?? null,
    wayIn,
    state: values.state ?? join(homedir(), '.muster-agent', folderFor(wayIn, values.url)),
    stateNamed: [values.state, values.token, values.url, values['root-sha256']].some((value) => value !== undefined),
    name: values.name ?? null,
    model: values.model,
    hardwareRevision: values['hardware-revision'] ?? null,
    serial: values.serial ?? null,
    firmwareVersion: values['firmware-version'],
    newRequest: values['new-request'],
    once: values.once,
    verbose: values.verbose,
  };
}

/** One folder a control plane: a credential of another installation must not meet the identity of this one. */
function folderFor({ token, rootSha256 }: WayInArguments, url: string | undefined): string {
  const root = (token && parseEnrollmentToken(token)?.rootSha256) ?? rootSha256;
  return root?.slice(0, 12) || (url ? new URL(url).host.replace(/[^a-z0-9.-]/g, '-') : 'default');
}
