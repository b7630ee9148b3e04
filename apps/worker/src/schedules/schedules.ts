import type { QueueName } from '../outbox/routing.js';

export interface Schedule {
  readonly queue: QueueName;
  readonly job: string;
  readonly everyMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** The only list of things that repeat. One worker of all that run does each; a run that takes longer than its interval delays the next. */
export const schedules: readonly Schedule[] = [
  { queue: 'outbox', job: 'sweep', everyMs: 5 * SECOND },
  { queue: 'outbox', job: 'forget', everyMs: HOUR },
  { queue: 'telemetry', job: 'extend-partitions', everyMs: HOUR },
  { queue: 'telemetry', job: 'roll-up', everyMs: MINUTE },
  { queue: 'telemetry', job: 'prune', everyMs: 6 * HOUR },
  { queue: 'storage', job: 'settle-storage', everyMs: 10 * SECOND },
  { queue: 'storage', job: 'retain', everyMs: HOUR },
  { queue: 'anomalies', job: 'look', everyMs: MINUTE },
  { queue: 'anomalies', job: 'floods', everyMs: 10 * SECOND },
  { queue: 'anomalies', job: 'forget', everyMs: 6 * HOUR },
  { queue: 'devices', job: 'judge-presence', everyMs: 2 * SECOND },
  { queue: 'configs', job: 'judge-drift', everyMs: MINUTE },
  { queue: 'commands', job: 'settle-due', everyMs: SECOND },
  { queue: 'campaigns', job: 'start-due', everyMs: SECOND },
  { queue: 'campaigns', job: 'tick', everyMs: SECOND },
  { queue: 'campaigns', job: 'collect-evidence', everyMs: 10 * SECOND },
  { queue: 'campaigns', job: 'join-late', everyMs: 30 * SECOND },
  { queue: 'releases', job: 'build-deltas', everyMs: 2 * SECOND },
  { queue: 'certificates', job: 'settle-due', everyMs: 2 * SECOND },
  { queue: 'certificates', job: 'refresh-trust', everyMs: HOUR },
  { queue: 'certificates', job: 'look-at-findings', everyMs: 5 * MINUTE },
  { queue: 'notifications', job: 'deliver-due', everyMs: 5 * SECOND },
  { queue: 'notifications', job: 'forget', everyMs: HOUR },
];
