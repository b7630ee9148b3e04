import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertEventually } from './assert-eventually.js';

const shipped = fileURLToPath(new URL('../../../ops/mosquitto/', import.meta.url));
const places = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'];

export interface MosquittoOptions {
  /** A folder of the caller's for configuration, store and log. */
  readonly home: string;
  /** Folder with the broker's certificate, key, trust list and revocation list. */
  readonly tls: string;
  /** Where devices connect. */
  readonly port: number;
  /** Where the control plane connects. */
  readonly servicePort: number;
  /** Keeps nothing on disk: a killed broker forgets every message it has acknowledged. */
  readonly forgetful?: boolean;
}

/** Debian's mosquitto under a test's control. */
export interface Mosquitto {
  readonly port: number;
  readonly servicePort: number;
  readonly pid: number | undefined;
  start(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  stop(): Promise<void>;
  log(): string;
}

/** Runs mosquitto by the product's own entry point, configuration and ACL, changed only in paths and port. Rejects when it is not installed. */
export async function startMosquitto(options: MosquittoOptions): Promise<Mosquitto> {
  const home = join(options.home, 'mosquitto');
  const store = join(home, 'data');
  mkdirSync(store, { recursive: true });
  for (const acl of ['devices.acl', 'services.acl']) {
    copyFileSync(join(shipped, acl), join(home, acl));
    chmodSync(join(home, acl), 0o600);
  }
  const configuration = readFileSync(join(shipped, 'mosquitto.conf'), 'utf8')
    .replace('listener 8883', `listener ${options.port} 127.0.0.1`)
    .replace('listener 8884', `listener ${options.servicePort} 127.0.0.1`)
    .replaceAll('/mosquitto/tls/', `${home}/tls/`)
    .replaceAll('/mosquitto/config/', `${home}/`)
    .replace('/mosquitto/data/', `${store}/`)
    .replace('persistence true', `persistence ${options.forgetful ? 'false' : 'true'}`);
  // As root mosquitto would change to a user that cannot read a temporary folder.
  const user = process.getuid?.() === 0 ? 'user root\n' : '';
  writeFileSync(join(home, 'mosquitto.conf'), `${configuration}\n${user}`);
  const broker = new Broker(options.port, options.servicePort, home, options.tls);
  await broker.start();
  return broker;
}

class Broker implements Mosquitto {
  #child: ChildProcess | null = null;
  readonly #logFile: string;

  constructor(
    readonly port: number,
    readonly servicePort: number,
    private readonly home: string,
    private readonly tls: string,
  ) {
    this.#logFile = join(home, 'mosquitto.log');
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    const log = openSync(this.#logFile, 'a');
    const command = [binary(), '-c', join(this.home, 'mosquitto.conf')];
    const entry = [join(shipped, 'entrypoint.sh'), this.tls, join(this.home, 'tls'), ...command];
    const child = spawn('/bin/sh', entry, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    child.once('error', () => {});
    await assertEventually(async () => {
      if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}:\n${this.log()}`);
      await reach(this.port);
    });
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  log(): string {
    return existsSync(this.#logFile) ? readFileSync(this.#logFile, 'utf8') : '';
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }
}

function binary(): string {
  const found = places.find(existsSync);
  if (found) return found;
  if (spawnSync('mosquitto', ['-h']).error) throw new Error('mosquitto is not installed: apt-get install mosquitto');
  return 'mosquitto';
}

async function reach(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
