import { differenceInterval, type Interval, type Moments } from './confidence-interval.js';

/** One number of devices in service: since their update, in their own past, and what became of it, device by device. */
export interface Compared {
  readonly updated: Moments;
  readonly baseline: Moments | null;
  /** Of each device that has both: now less its own past. */
  readonly change: Moments | null;
  /** Devices not yet offered, over the same time spans; null when none are left. */
  readonly control: {
    readonly after: Moments;
    readonly before: Moments | null;
    readonly change: Moments | null;
  } | null;
}

/** How long installing took, from the device's yes to the confirmed boot; who is slower than the limit already counts. */
export interface InstallTimes {
  readonly n: number;
  readonly p90S: number;
  /** Slower than the limit, done or not. */
  readonly slow: number;
}

/** How the updated devices of a wave do in service: sufficient statistics, so that anybody can judge again. */
export interface ServiceEvidence {
  /** RFC 3339. */
  readonly asOf: string;
  /** Updated devices that were looked at, at most 500, the first by position. */
  readonly devices: number;
  /** Heartbeats due from them, and how many of those were missing or said `error`. */
  readonly expected: number;
  readonly errors: number;
  /** Error rates of devices, 0 to 1; null while no device has been in service long enough to have one. */
  readonly rates: Compared | null;
  readonly metrics: readonly (Compared & { readonly metric: string })[];
  readonly installs: InstallTimes | null;
}

export interface Difference {
  readonly estimate: number;
  /** Always-valid 95% interval; null when there is too little to have one. */
  readonly interval: Interval | null;
  readonly against: 'baseline' | 'control';
  /** What the updated devices would show without the update. */
  readonly reference: number;
  /** The devices have a past of their own. */
  readonly paired: boolean;
}

/** Fewer devices than this are no control. */
export const SMALLEST_CONTROL = 5;

/**
 * What the update changed: the difference in differences against the control where both sides have a past, so that
 * neither an outage that hits everybody nor a good day for everybody is laid at its door; the plain difference where
 * they have none; the devices' own change where no control is left; null where there is neither.
 * `spread` widens a sample before its interval is made.
 */
export function compare(it: Compared, spread: (moments: Moments) => Moments): Difference | null {
  const { updated, baseline, change, control } = it;
  const paired = change !== null && baseline !== null && change.n >= 2 && 2 * change.n >= updated.n;
  const judged = (against: Difference['against'], a: Moments, b: Moments | null): Difference => {
    const estimate = a.mean - (b?.mean ?? 0);
    const interval = differenceInterval(spread(a), b === null ? null : spread(b));
    const known = interval.every(Number.isFinite);
    return { estimate, interval: known ? interval : null, against, reference: updated.mean - estimate, paired };
  };
  if (control !== null && control.after.n >= SMALLEST_CONTROL) {
    const past = control.change !== null && control.change.n >= SMALLEST_CONTROL;
    return paired && past ? judged('control', change, control.change) : judged('control', updated, control.after);
  }
  return paired ? judged('baseline', change, null) : null;
}
