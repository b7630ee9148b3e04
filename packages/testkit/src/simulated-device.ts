import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { Fate } from './tick-world.js';

/** A device of a world in virtual time, with the execution it has there. */
export interface SimulatedDevice {
  id: string;
  fate: Fate;
  wave: number;
  position: number;
  state: ExecutionState;
  provisional: boolean;
  since: Date;
  deadlineAt: Date | null;
  stepDeadlineAt: Date | null;
  soakUntil: Date | null;
  lastSeenAt: Date | null;
  version: string;
  everOffered: number;
  site: string;
  /** So many times it says "not now" before it goes on. */
  deferrals: number;
  notBefore: Date | null;
}
