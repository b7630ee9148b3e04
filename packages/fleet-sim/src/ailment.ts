import type { Clock } from '@muster/device-agent/ports/clock';
import type { ReleaseFault } from './behaviour.js';
import { chance } from './chance.js';
import type { Shift } from './signals.js';

type Ails = Extract<ReleaseFault, { kind: 'ails' }>;

/** How a device is not well with a release it took: in its heartbeats and in what it measures. */
export class Ailment {
  #fault: Ails | null = null;
  #from = 0;
  #beats = 0;

  constructor(
    private readonly clock: Clock,
    private readonly serial: string,
  ) {}

  /** The device runs something in earnest, with this fault of it. */
  began(fault: ReleaseFault | null): void {
    const ails = fault?.kind === 'ails' ? fault : null;
    if (ails === this.#fault) return;
    this.#fault = ails;
    this.#from = this.clock.monotonic() + (ails?.afterMs ?? 0);
  }

  get shift(): Shift | null {
    const fault = this.#now();
    return fault && { metric: fault.metric, by: fault.shift };
  }

  /** What leaves of a heartbeat; null when it is one of the missing. A good-bye is always said. */
  change(heartbeat: Record<string, unknown>): Record<string, unknown> | null {
    const fault = this.#now();
    if (!fault || heartbeat.reason === 'offline') return heartbeat;
    if (chance(this.serial, 'missing', ++this.#beats) < fault.missing) return null;
    return { ...heartbeat, status: fault.status };
  }

  #now(): Ails | null {
    return this.#fault && this.clock.monotonic() >= this.#from ? this.#fault : null;
  }
}
