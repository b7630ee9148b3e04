import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A server process of the built product, under the test's control: started, killed, started again. */
export class ServerProcess {
  #child: ChildProcess | null = null;
  #metricsPort = 0;
  readonly #log: WriteStream;

  constructor(
    readonly name: string,
    readonly entry: string,
    readonly environment: Readonly<Record<string, string>>,
    logFile: string,
  ) {
    this.#log = createWriteStream(logFile, { flags: 'a' });
  }

  /** Starts the process and waits until it says it is ready. Rejects when it ends first. */
  async start(): Promise<void> {
    const child = fork(`${root}${this.entry}`, [], {
      env: { PATH: process.env.PATH, ...this.environment },
      execArgv: ['--enable-source-maps'],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    child.stdout?.pipe(this.#log, { end: false });
    child.stderr?.pipe(this.#log, { end: false });
    await new Promise<void>((resolve, reject) => {
      child.once('message', (ready: { metricsPort: number }) => {
        this.#metricsPort = ready.metricsPort;
        resolve();
      });
      child.once('exit', (code, signal) =>
        reject(new Error(`${this.name} ended with ${code ?? signal} before it was ready`)),
      );
    });
  }

  /** `kill -9`: nothing in the process gets a say. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  /** SIGSTOP: alive for everybody who only looks whether it is there, and silent. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Sum of the counter over the series that carry these labels, as the process's own /metrics tells it. */
  async counter(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`)).text();
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && wanted.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await gone;
  }
}
