import type { Point } from '@muster/device-agent/ports/source';
import { z } from 'zod';

const metric = z.string().min(1);

/** What can be wrong with a sensor; `shift` is none of it: what it measures has changed. */
export const SensorFault = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('stuck'), metric }),
  z.object({
    kind: z.literal('spike'),
    metric,
    by: z.number(),
    everyS: z.number().positive(),
    forS: z.number().positive().default(1),
  }),
  z.object({ kind: z.literal('drift'), metric, perDay: z.number() }),
  z.object({ kind: z.literal('shift'), metric, by: z.number() }),
]);
export type SensorFault = z.infer<typeof SensorFault>;

/** A fault with its beginning, and how long a past the device tells, so that it shows beside how the device was before. */
export const SensorTrouble = z.object({
  fault: SensorFault,
  since: z.iso.datetime(),
  pastHours: z.number().min(0).max(720).default(0),
});
export type SensorTrouble = z.infer<typeof SensorTrouble>;

interface Given {
  readonly fault: SensorFault;
  readonly since: number;
}

const HOUR_MS = 3_600_000;

/** What the sensors of one device make of what there is to measure, now and in the past it tells. */
export class SensorFaults {
  #given: Given[];
  /** How much past the device must tell for its faults to show. */
  readonly pastHours: number;

  constructor(planned: readonly SensorTrouble[] = []) {
    this.pastHours = Math.max(0, ...planned.map(({ pastHours }) => pastHours));
    this.#given = planned.map(({ fault, since }) => ({ fault, since: Date.parse(since) }));
  }

  give(fault: SensorFault, since: Date): void {
    this.lift(fault);
    this.#given.push({ fault, since: since.getTime() });
  }

  lift({ kind, metric }: SensorFault): void {
    this.#given = this.#given.filter(({ fault }) => fault.kind !== kind || fault.metric !== metric);
  }

  /** The points at `at`; `signals` says what there is to measure at any time. */
  read(at: Date, signals: (at: Date) => Point[]): Point[] {
    const active = this.#given.filter(({ since }) => at.getTime() >= since);
    if (active.length === 0) return signals(at);
    return signals(at).map((point) =>
      active
        .filter(({ fault }) => fault.metric === point.metric)
        .reduce((changed, given) => change(changed, given, at, signals), point),
    );
  }
}

function change(point: Point, { fault, since }: Given, at: Date, signals: (at: Date) => Point[]): Point {
  if (point.value === null) return point;
  const plus = (by: number) => ({ ...point, value: Number((point.value! + by).toFixed(2)) });
  const ms = at.getTime() - since;
  switch (fault.kind) {
    case 'stuck':
      return { ...point, value: signals(new Date(since)).find(({ metric }) => metric === point.metric)?.value ?? null };
    case 'spike':
      return ms % (fault.everyS * 1000) < fault.forS * 1000 ? plus(fault.by) : point;
    case 'drift':
      return plus((fault.perDay * ms) / (24 * HOUR_MS));
    case 'shift':
      return plus(fault.by);
  }
}
