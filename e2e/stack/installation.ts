import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@muster/runtime/embedded/free-port';

const root = fileURLToPath(new URL('../../', import.meta.url));
const launcher = join(root, 'tools/launcher/dist/main.js');

export interface RunningProcesses {
  readonly pid: number;
  readonly children: Readonly<Record<string, number>>;
}

/** What `npm start` runs, on a data folder and ports of the test's own. */
export class Installation {
  #child: ChildProcess | null = null;
  #printed = '';

  private constructor(
    readonly data: string,
    readonly ports: { readonly people: number; readonly devices: number; readonly mqtt: number },
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  static async in(data: string, settings: Readonly<Record<string, string>> = {}): Promise<Installation> {
    const ports = { people: await freePort(), devices: await freePort(), mqtt: await freePort() };
    return new Installation(data, ports, settings);
  }

  get url(): string {
    return `http://localhost:${this.ports.people}`;
  }

  /** Everything the terminal showed since the newest start. */
  get printed(): string {
    return this.#printed;
  }

  get signInLink(): string | undefined {
    return /http:\S+\/sign-in\?token=[\w.~-]+/.exec(this.#printed)?.[0];
  }

  /** Resolves when the banner is complete; rejects with what was printed when the command ends first. */
  async start(words: readonly string[] = ['--no-demo']): Promise<void> {
    const { people, devices, mqtt } = this.ports;
    const ports = ['--port', people, '--device-port', devices, '--mqtt-port', mqtt].map(String);
    this.#printed = '';
    const child = spawn(process.execPath, [launcher, 'start', '--data', this.data, ...ports, ...words], {
      env: { ...process.env, ...this.settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        this.#printed += chunk;
        if (this.#printed.includes('Ctrl-C stops')) resolve();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code, signal) => reject(new Error(`start ended with ${signal ?? code}:\n${this.#printed}`)));
    });
  }

  /** Ctrl-C. Resolves to the exit code. */
  async stop(): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
    return child.exitCode;
  }

  /** Process ids of the launcher and of what it started. */
  processes(): RunningProcesses {
    return JSON.parse(readFileSync(join(this.data, 'run/launcher.json'), 'utf8'));
  }

  /** Process id of the embedded PostgreSQL, or null when none runs. */
  postmaster(): number | null {
    const file = join(this.data, 'postgres/postmaster.pid');
    return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : null;
  }

  /** `kill -9` for everything at once, as when the machine runs out of memory in the worst way. */
  async killAll(): Promise<void> {
    const { pid, children } = this.processes();
    const child = this.#child;
    this.#child = null;
    const ended = child ? once(child, 'exit') : null;
    for (const one of [pid, ...Object.values(children), this.postmaster()]) if (one) process.kill(one, 'SIGKILL');
    await ended;
  }

  /** Another command of the launcher on this data folder. @throws with what it printed when it fails */
  command(...words: string[]): string {
    const done = spawnSync(process.execPath, [launcher, ...words, '--data', this.data], { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`${words[0]} ended with ${done.status}:\n${done.stdout}${done.stderr}`);
    return done.stdout;
  }
}
