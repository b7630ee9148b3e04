/**
 * Where an identity was used: `by` is what tells one user from another (an address, or one run of a device's software),
 * `at` when this stretch of use began, in ms.
 */
export interface IdentityUse {
  readonly by: string;
  readonly at: number;
}

/** Uses of one identity that took turns, oldest first: neighbours differ, and it is never longer than `LONGEST`. */
export type UseTrail = readonly IdentityUse[];

/** What one identity left behind: sessions by address, heartbeats by the run that made them. */
export interface CloneFacts {
  readonly addresses: UseTrail;
  readonly runs: UseTrail;
}

export interface CloneVerdict {
  readonly sign: 'addresses' | 'runs';
  /** The two that take turns, the one seen last first. */
  readonly between: readonly [string, string];
}

interface TurnRule {
  readonly windowMs: number;
  /** How often somebody who was there before must have come back. */
  readonly returns: number;
}

const MINUTE_MS = 60_000;
/** A gateway with two uplinks may fall from one to the other and back; it does not do so again and again within minutes. */
const ADDRESSES: TurnRule = { windowMs: 10 * MINUTE_MS, returns: 3 };
/** A run that ended never comes back. Twice, since a virtual machine may have been set back to a snapshot once. */
const RUNS: TurnRule = { windowMs: 24 * 60 * MINUTE_MS, returns: 2 };
const LONGEST = 8;
/** A device with a clock that is right, whose heartbeat did not wait in a buffer. */
const LIVE_MS = MINUTE_MS;
/** What clocks that are set over the network wander, and what rounding makes of an uptime. */
const SAME_START_MS = 20_000;

/** The trail with one more use; the very same trail where nothing changed, which is nearly always. */
export const noteUse = (trail: UseTrail, use: IdentityUse): UseTrail => {
  const last = trail.at(-1);
  if (last !== undefined && (last.by === use.by || use.at < last.at)) return trail;
  return [...trail, use].slice(-LONGEST);
};

/**
 * The run a heartbeat speaks for: its boot id, or when it started by its own account, which is taken for a start already in
 * the trail when it is near. Null where it says neither, and where it is not live: what waited in a buffer may be of a run
 * that has ended.
 */
export const runOf = (
  heartbeat: {
    readonly bootId?: string | undefined;
    readonly uptimeS?: number | undefined;
    readonly producedAt: number;
  },
  receivedAt: number,
  trail: UseTrail,
): string | null => {
  if (Math.abs(receivedAt - heartbeat.producedAt) > LIVE_MS) return null;
  if (heartbeat.bootId !== undefined) return `boot ${heartbeat.bootId}`;
  if (heartbeat.uptimeS === undefined) return null;
  const started = heartbeat.producedAt - heartbeat.uptimeS * 1000;
  const near = trail
    .map(({ by }) => ({ by, off: Math.abs(Date.parse(by.slice(STARTED.length)) - started) }))
    .filter(({ by, off }) => by.startsWith(STARTED) && off <= SAME_START_MS)
    .sort((a, b) => a.off - b.off)[0];
  return near?.by ?? `${STARTED}${new Date(started).toISOString()}`;
};
const STARTED = 'started ';

/**
 * Whether an identity is used by two at once. Two that hold one key take turns: the broker ends the session of one when the
 * other comes, and their heartbeats alternate on any broker. A device that moves to another network goes once and does not
 * come back in between; one that starts anew never is its former run again; behind one address two are told apart by their
 * runs. Addresses say nothing of a device whose heartbeats are all of one run: that is one device with two ways out.
 */
export const judgeClone = ({ addresses, runs }: CloneFacts, now: number): CloneVerdict | null => {
  const byRuns = takeTurns(runs, RUNS, now);
  if (byRuns !== null) return { sign: 'runs', between: byRuns };
  if (runs.length === 1) return null;
  const byAddresses = takeTurns(addresses, ADDRESSES, now);
  return byAddresses && { sign: 'addresses', between: byAddresses };
};

const takeTurns = (trail: UseTrail, rule: TurnRule, now: number): readonly [string, string] | null => {
  const recent = trail.filter(({ at }) => at > now - rule.windowMs);
  const seen = new Set<string>();
  let returns = 0;
  for (const { by } of recent) {
    if (seen.has(by)) returns++;
    seen.add(by);
  }
  return returns >= rule.returns ? [recent.at(-1)!.by, recent.at(-2)!.by] : null;
};
