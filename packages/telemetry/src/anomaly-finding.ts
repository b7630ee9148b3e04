import type { AnomalyKind } from '@muster/contracts/telemetry/anomalies.schema';

/** Something found of a series. Times are ms since the epoch; `lastSeenAt` is the end of the last hour it was seen in. */
export interface Finding {
  readonly kind: AnomalyKind;
  readonly since: number;
  readonly lastSeenAt: number;
  readonly closedAt: number | null;
  readonly score: number | null;
  readonly observed: number | null;
  readonly expected: number | null;
  readonly sentence: string;
}

/** Whether a series shows a kind of trouble now. `unclear` neither opens nor closes a finding. */
export type Verdict =
  | { readonly state: 'present'; readonly finding: Omit<Finding, 'closedAt'> }
  | { readonly state: 'normal'; readonly at: number }
  | { readonly state: 'unclear' };

export const unclear: Verdict = { state: 'unclear' };

/**
 * What becomes of a finding by a verdict: opened, kept up to date, closed, or as it was. A finding keeps its beginning.
 * Doing it again with the same verdict changes nothing.
 */
export function settle(open: Finding | null, verdict: Verdict): Finding | null {
  if (verdict.state === 'unclear') return open;
  // An older hour that is judged once more ends nothing that was seen after it.
  if (verdict.state === 'normal')
    return open && verdict.at >= open.lastSeenAt ? { ...open, closedAt: verdict.at } : open;
  if (open === null) return { ...verdict.finding, closedAt: null };
  const { kind, ...seen } = verdict.finding;
  return { ...open, ...seen, since: open.since, lastSeenAt: Math.max(open.lastSeenAt, seen.lastSeenAt) };
}
