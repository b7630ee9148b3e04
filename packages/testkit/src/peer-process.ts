import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { assertEventually } from './assert-eventually.js';

export interface PeerPlan {
  readonly program: string;
  readonly words: readonly string[];
  /** Takes everything the program prints. */
  readonly logFile: string;
  /** Resolves when the program serves; rejects while it does not yet. */
  readonly reach: () => Promise<unknown>;
  /** Debian's package of the program, for the message when it is missing. */
  readonly package: string;
  readonly options?: SpawnOptions;
}

/** A server somebody else wrote, as a process of the test's own: never the one the system may run. */
export class PeerProcess {
  #child: ChildProcess | null = null;

  constructor(private readonly plan: PeerPlan) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when it serves. Rejects with its log when it ends before that. */
  async start(): Promise<void> {
    const { program, words, logFile, options, reach } = this.plan;
    if (!existsSync(program)) throw new Error(`${program} is missing: apt-get install ${this.plan.package}`);
    const log = openSync(logFile, 'a');
    const child = spawn(program, words, { cwd: '/', ...options, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#child = child;
    child.once('error', () => {});
    let ended = false;
    child.once('exit', () => {
      ended = true;
    });
    await assertEventually(() => (ended ? null : reach()), { within: 30_000, every: 50 });
    if (ended) throw new Error(`${program} ended with ${child.exitCode ?? child.signalCode}:\n${this.log()}`);
  }

  /** `kill -9`. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  log(): string {
    return existsSync(this.plan.logFile) ? readFileSync(this.plan.logFile, 'utf8') : '';
  }
}
