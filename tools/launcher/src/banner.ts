import { relative } from 'node:path';
import type { StartOptions } from './options.js';
import { bold, cyan, dim, say } from './terminal.js';

interface Urls {
  readonly console: string;
  readonly signIn: string | null;
  /** For the demo's second person, who approves what the first one asks for. */
  readonly second: string | null;
}

/** What a person needs once everything runs. */
export function printBanner(options: StartOptions, urls: Urls): void {
  const line = (label: string, value: string) => say(`  ${dim(label.padEnd(12))} ${value}`);
  say();
  line('Console', bold(cyan(urls.console)));
  if (urls.signIn)
    line(
      'Sign in',
      `${bold(cyan(urls.signIn))}\n${' '.repeat(15)}${dim('once, within 15 minutes; npm start -- --sign-in makes another')}`,
    );
  if (urls.second)
    line(
      'Approver',
      `${urls.second}\n${' '.repeat(15)}${dim('a second person, for another browser: approves what you ask for')}`,
    );
  line('Device API', deviceUrl(options));
  line('MQTT', `mqtts://${hostInUrl(options.host)}:${options.mqttPort}`);
  line('Files', `${relative(process.cwd(), options.data) || options.data} ${dim('(logs in its folder logs)')}`);
  say();
  say(`  ${dim('Your own device: open the console, Devices, Enrol a device, and copy the command it shows:')}`);
  say(`  npx ${urls.console}/agent/muster-agent.tgz --url ${deviceUrl(options)} --token …`);
  say();
  say(`  ${dim('Ctrl-C stops everything; the next start goes on from here.')}`);
  say();
}

export function consoleUrl(options: StartOptions): string {
  return `http://${hostInUrl(options.host)}:${options.port}`;
}

export function deviceUrl(options: StartOptions): string {
  return `https://${hostInUrl(options.host)}:${options.devicePort}`;
}

/** An IPv6 address stands in brackets (RFC 3986 3.2.2). */
function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
