import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, fstatSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { instanceVariable } from './run-record.js';

export interface ProcessPlan {
  readonly name: string;
  readonly script: string;
  readonly words?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly instance: string;
}

export interface ProcessEvents {
  /** It ended unasked and will be started again after the pause. */
  readonly onEnd: (name: string, why: string, pauseMs: number) => void;
  readonly onReady: (name: string, pid: number) => void;
  /** It ended and will not be started again. */
  readonly onGiveUp: (name: string, why: string) => void;
}

/** Exit code of a process whose settings are wrong (EX_CONFIG): starting it again cannot help. */
const badSettings = 78;
const logLimit = 20_000_000;
const firstPauseMs = 250;
const longestPauseMs = 10_000;
const settledAfterMs = 30_000;
const stopWithinMs = 15_000;

/** A child that is kept running: restarted when it dies, with a growing pause while it keeps dying. */
export class ManagedProcess {
  #child: ChildProcess | null = null;
  #wanted = true;
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | undefined;
  #everReady = false;
  #logFrom = 0;

  constructor(
    private readonly plan: ProcessPlan,
    private readonly events: ProcessEvents,
  ) {}

  get name(): string {
    return this.plan.name;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Resolves when the child says it is ready; rejects with the end of its log when it dies before that. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#spawn(resolve, (why) => reject(new Error(`${this.name} ${why}\n\n${this.logTail()}`)));
    });
  }

  /** SIGTERM, then SIGKILL for one that does not listen. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(force);
  }

  #spawn(onReady: () => void, onEarlyEnd: (why: string) => void): void {
    const { script, words = [], environment, logFile, instance } = this.plan;
    if (existsSync(logFile) && statSync(logFile).size > logLimit) renameSync(logFile, `${logFile}.1`);
    const log = openSync(logFile, 'a', 0o640);
    this.#logFrom = fstatSync(log).size;
    const child = spawn(process.execPath, ['--enable-source-maps', script, ...words], {
      env: { ...environment, [instanceVariable]: instance },
      stdio: ['ignore', log, log, 'ipc'],
      // A group of its own: Ctrl-C reaches the launcher alone, which then stops the parts in order.
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    const began = performance.now();
    const pid = child.pid ?? 0;
    child.on('message', (message) => {
      if ((message as { ready?: boolean } | null)?.ready !== true) return;
      this.#everReady = true;
      this.events.onReady(this.name, pid);
      onReady();
    });
    child.once('error', (error) => onEarlyEnd(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => {
      const why = signal ? `was ended by ${signal}` : `ended with code ${code}`;
      if (!this.#wanted) return;
      if (!this.#everReady || code === badSettings) {
        this.#wanted = false;
        onEarlyEnd(why);
        if (this.#everReady) this.events.onGiveUp(this.name, why);
        return;
      }
      if (performance.now() - began > settledAfterMs) this.#pauseMs = firstPauseMs;
      this.events.onEnd(this.name, why, this.#pauseMs);
      this.#timer = setTimeout(
        () =>
          this.#spawn(
            () => {},
            () => {},
          ),
        this.#pauseMs,
      );
      this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    });
  }

  /** The end of what its newest run logged, for a message that has to explain a failure. */
  logTail(): string {
    const { logFile } = this.plan;
    return existsSync(logFile) ? readFileSync(logFile).subarray(this.#logFrom).toString().trimEnd().slice(-3_000) : '';
  }
}
