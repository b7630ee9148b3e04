import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';

export interface AgentArguments {
  url: string | null;
  token: string | null;
  state: string;
  /** Whether the command line says which state folder, by name or by whose it is. */
  stateNamed: boolean;
  name: string | null;
  model: string;
  hardwareRevision: string | null;
  serial: string | null;
  firmwareVersion: string;
  once: boolean;
  verbose: boolean;
}

export const usage = `muster-agent: puts this machine under the care of a Muster control plane

  muster-agent --url https://HOST:8443 --token TOKEN
  muster-agent why [--state DIR]     says in one sentence why this device is or is not updating

  --url URL                the device API of the control plane
  --token TOKEN            an enrolment token; needed once
  --state DIR              where identity and data are kept (default: ~/.muster-agent/<control plane>)
  --name NAME              how the device is called in the console
  --model MODEL            hardware model (default: generic-linux)
  --hardware-revision REV  hardware revision
  --serial SERIAL          serial number (default: made up once and kept)
  --firmware-version V     what runs before the first update (default: 0.0.0)
  --once                   connect, have one message acknowledged, and end
  --verbose                say more
`;

/** Reads the command line. Throws with a sentence for the person who typed it. */
export function readArguments(argv: readonly string[]): AgentArguments | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: { type: 'string' },
      token: { type: 'string' },
      state: { type: 'string' },
      name: { type: 'string' },
      model: { type: 'string', default: 'generic-linux' },
      'hardware-revision': { type: 'string' },
      serial: { type: 'string' },
      'firmware-version': { type: 'string', default: '0.0.0' },
      once: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    url: values.url ?? null,
    token: values.token ?? null,
    state: values.state ?? join(homedir(), '.muster-agent', folderFor(values.token, values.url)),
    stateNamed: (values.state ?? values.token ?? values.url) !== undefined,
    name: values.name ?? null,
    model: values.model,
    hardwareRevision: values['hardware-revision'] ?? null,
    serial: values.serial ?? null,
    firmwareVersion: values['firmware-version'],
    once: values.once,
    verbose: values.verbose,
  };
}

/** One folder a control plane: a token of another installation must not meet the identity of this one. */
function folderFor(token: string | undefined, url: string | undefined): string {
  const root = token && parseEnrollmentToken(token)?.rootSha256.slice(0, 12);
  return root || (url ? new URL(url).host.replace(/[^a-z0-9.-]/g, '-') : 'default');
}
