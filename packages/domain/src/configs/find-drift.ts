import type { DriftClass } from '@muster/contracts/devices/devices.schema';
import { fieldAt, listFields, pointerTo } from '../devices/list-fields.js';
import { isDocument, sameValue, type TwinDocument, type TwinValue } from '../devices/merge-twin.js';
import { configOf } from './render-golden.js';

export interface FieldVerdict {
  readonly verdict: 'accepted' | 'rejected';
  readonly detail?: string | undefined;
}

export interface DriftFacts {
  readonly desired: TwinDocument;
  readonly desiredAt: Date | null;
  /** The desired document at the version the device has processed; null when it never processed one. */
  readonly acknowledged: TwinDocument | null;
  /** The device's verdicts by JSON pointer; one for a parent speaks for the fields below it. */
  readonly verdicts: Readonly<Record<string, FieldVerdict>>;
  readonly reported: TwinDocument;
  readonly reportedAt: Date | null;
  readonly previous: readonly { readonly path: string; readonly class: DriftClass; readonly since: Date }[];
}

export interface FieldDrift {
  readonly path: string;
  readonly class: DriftClass;
  readonly desired: TwinValue;
  readonly reported: TwinValue;
  readonly cause: string;
  readonly since: Date;
}

/** A report older than this says nothing about now. */
export const STALE_AFTER_S = 24 * 3600;

/** Classes that mean the device is not as wanted; an unmanaged field is shown, not counted. */
export const countsAsDrift = (drift: { readonly class: DriftClass }): boolean => drift.class !== 'unmanaged';

/**
 * Every field in which a device is not as desired, with why and since when. Arrays are one field. A field keeps its
 * `since` while its class stays the same, so deciding again changes nothing.
 */
export function findDrift(facts: DriftFacts, now: Date): FieldDrift[] {
  const wanted = listFields(facts.desired);
  const wrong = wanted.flatMap(({ path, value }) => {
    const reported = fieldAt(facts.reported, path);
    if (sameValue(value, reported) || isEmptied(value, reported)) return [];
    return [{ path, desired: value, reported: reported ?? null, ...classify(facts, path, value, reported, now) }];
  });
  return [
    ...wrong,
    ...unmanaged(
      facts,
      wanted.map(({ path }) => path),
    ),
  ].map((drift) => ({
    ...drift,
    since: sinceOf(facts, drift, now),
  }));
}

/** A desired empty object is met by any object: what is in it is judged field by field. */
const isEmptied = (desired: TwinValue, reported: TwinValue | undefined): boolean =>
  isDocument(desired) && isDocument(reported);

function classify(
  facts: DriftFacts,
  path: string,
  desired: TwinValue,
  reported: TwinValue | undefined,
  now: Date,
): { class: DriftClass; cause: string } {
  if (facts.reportedAt !== null && now.getTime() - facts.reportedAt.getTime() > STALE_AFTER_S * 1000)
    return { class: 'stale', cause: 'the last report is older than a day' };
  if (facts.acknowledged === null || !sameValue(fieldAt(facts.acknowledged, path), desired))
    return { class: 'unacknowledged', cause: 'the device has not answered this change' };
  const verdict = verdictFor(facts.verdicts, path);
  if (verdict?.verdict === 'rejected') return { class: 'rejected', cause: verdict.detail ?? 'the device refused it' };
  if (reported === undefined) return { class: 'diverged', cause: 'acknowledged, and missing from the report' };
  if (kindOf(reported) !== kindOf(desired))
    return { class: 'invalid', cause: `reported as ${kindOf(reported)}, wanted ${kindOf(desired)}` };
  return { class: 'diverged', cause: 'acknowledged, and changed on the device since' };
}

const kindOf = (value: TwinValue): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : isDocument(value) ? 'object' : typeof value;

function verdictFor(verdicts: DriftFacts['verdicts'], path: string): FieldVerdict | undefined {
  for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/')))
    if (Object.hasOwn(verdicts, at)) return verdicts[at];
  return undefined;
}

/** Fields the device reports under `config` that nobody asked for, where somebody asks for anything there at all. */
function unmanaged(facts: DriftFacts, wanted: readonly string[]) {
  if (!isDocument(facts.desired.config)) return [];
  const known = new Set(wanted);
  return listFields(configOf(facts.reported), pointerTo('', 'config'))
    .filter(({ path }) => !known.has(path) && fieldAt(facts.desired, path) === undefined && !insideKnown(known, path))
    .map(({ path, value }) => ({
      path,
      class: 'unmanaged' as const,
      desired: null,
      reported: value,
      cause: 'reported by the device, set by no golden config',
    }));
}

/** Below a field that is itself wrong (an object where a number is wanted) nothing is reported twice. */
const insideKnown = (known: ReadonlySet<string>, path: string): boolean => {
  for (let at = path.slice(0, path.lastIndexOf('/')); at !== ''; at = at.slice(0, at.lastIndexOf('/')))
    if (known.has(at)) return true;
  return false;
};

function sinceOf(facts: DriftFacts, drift: Pick<FieldDrift, 'path' | 'class'>, now: Date): Date {
  const before = facts.previous.find((row) => row.path === drift.path && row.class === drift.class);
  if (before !== undefined) return before.since;
  return drift.class === 'unacknowledged' ? (facts.desiredAt ?? now) : now;
}
