import { type ChildProcess, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Slots } from '../executions/slots.js';
import { pause, systemClock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { exitCodes, finalCodes } from './exit-codes.js';

/** A release may bring its own agent; without one the agent that was installed by hand runs on. */
const AGENT_IN_SLOT = 'agent/muster-agent.mjs';
/** Starts one release gets on trial before the supervisor goes back by itself. */
const TRIAL_STARTS = 3;
const SILENT_MS = 60_000;
const CRASH_PAUSE_FIRST_MS = 1_000;
const CRASH_PAUSE_LAST_MS = 30_000;
/** A run this long was not a crash at start. */
const STABLE_MS = 60_000;

/**
 * Keeps the core running from the current slot. It knows nothing but slots and exit codes, so that it hardly ever has
 * to change, and it is what brings the old release back when a new one cannot even start.
 */
export async function supervise(
  stateFolder: string,
  entry: string,
  argv: readonly string[],
  log: Log,
): Promise<number> {
  const slots = new Slots(stateFolder);
  let child: ChildProcess | null = null;
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      stopping = true;
      child?.kill('SIGTERM');
    });
  for (let crashes = 0; ; ) {
    await slots.repair();
    await countTrial(slots, log);
    const began = systemClock.monotonic();
    child = spawn(process.execPath, [await entryOf(slots, entry), 'core', ...argv], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
    const code = await watch(child, log);
    if (stopping || finalCodes.has(code)) return code ?? exitCodes.done;
    if (code === exitCodes.restart) {
      crashes = 0;
      continue;
    }
    crashes = systemClock.monotonic() - began > STABLE_MS ? 1 : crashes + 1;
    const wait = Math.min(CRASH_PAUSE_LAST_MS, CRASH_PAUSE_FIRST_MS * 2 ** (crashes - 1));
    log.warn(`the agent ended unexpectedly; starting it again in ${wait / 1000} s`, { code });
    await pause(systemClock, wait);
    if (stopping) return exitCodes.done;
  }
}

/** The exit code, null when a signal ended it. A core that stops saying it is alive is killed: a hung one restarts nothing. */
function watch(child: ChildProcess, log: Log): Promise<number | null> {
  return new Promise((resolve) => {
    const hung = () => {
      log.warn('the agent does not answer; killing it');
      child.kill('SIGKILL');
    };
    let cancel = systemClock.after(SILENT_MS, hung);
    child.on('message', () => {
      cancel();
      cancel = systemClock.after(SILENT_MS, hung);
    });
    const finish = (code: number | null) => {
      cancel();
      resolve(code);
    };
    child.on('exit', finish);
    child.on('error', () => finish(null));
  });
}

async function countTrial(slots: Slots, log: Log): Promise<void> {
  const trial = await slots.trial();
  if (!trial || trial.confirmed || trial.ended !== null || (await slots.current()) !== trial.to) return;
  const starts = trial.starts + 1;
  if (starts <= TRIAL_STARTS) return slots.writeTrial({ ...trial, starts });
  log.warn('the new release does not stay up; going back to the one before');
  await slots.writeTrial({ ...trial, starts, ended: `did not stay up in ${TRIAL_STARTS} starts` });
  await slots.point(trial.from);
}

async function entryOf(slots: Slots, entry: string): Promise<string> {
  const slot = await slots.current();
  if (!slot) return entry;
  const own = join(slots.pathOf(slot), AGENT_IN_SLOT);
  return access(own).then(
    () => own,
    () => entry,
  );
}
