import { type Clock, pause } from '../ports/clock.js';

export interface ProbationTimes {
  everyMs: number;
  /** How long every check must hold without a break before the release is confirmed. */
  steadyMs: number;
  /** Longest wait for the checks on the device itself. */
  withinMs: number;
  /** Longest wait when only the way to the server is missing: a network may be away for reasons of its own. */
  linkWithinMs: number;
}

export const probationTimes: ProbationTimes = {
  everyMs: 1_000,
  steadyMs: 5_000,
  withinMs: 120_000,
  linkWithinMs: 900_000,
};

export interface HealthReport {
  checks: Record<string, boolean>;
  /** Set when the release itself says that it is not well: there is nothing to wait for. */
  unhealthy: string | null;
}

export type ProbationOutcome =
  | { healthy: true; checks: Record<string, boolean> }
  | { healthy: false; code: string; detail: string; checks: Record<string, boolean> };

/** A check that says no this often in a row means it. */
const UNHEALTHY_LIMIT = 3;

/** Watches a new release until it has been well for long enough or cannot be expected to be. */
export async function watchProbation(
  clock: Clock,
  health: () => Promise<HealthReport>,
  times: ProbationTimes,
  signal: AbortSignal,
): Promise<ProbationOutcome | null> {
  const began = clock.monotonic();
  let wellSince: number | null = null;
  let complaints = 0;
  while (!signal.aborted) {
    const { checks, unhealthy } = await health();
    const now = clock.monotonic();
    complaints = unhealthy === null ? 0 : complaints + 1;
    if (complaints >= UNHEALTHY_LIMIT)
      return { healthy: false, code: 'health_check_failed', detail: unhealthy!, checks };
    const failing = Object.keys(checks).filter((name) => !checks[name]);
    wellSince = failing.length > 0 ? null : (wellSince ?? now);
    if (wellSince !== null && now - wellSince >= times.steadyMs) return { healthy: true, checks };
    const limit = failing.length === 1 && failing[0] === 'link' ? times.linkWithinMs : times.withinMs;
    if (now - began >= limit)
      return {
        healthy: false,
        code: 'probation_timed_out',
        detail: `not well after ${Math.round((now - began) / 1000)} s: ${failing.join(', ')}`,
        checks,
      };
    await pause(clock, times.everyMs, signal);
  }
  return null;
}
