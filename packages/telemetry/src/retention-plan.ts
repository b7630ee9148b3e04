import type { RetentionPolicy } from '@muster/contracts/telemetry/retention.schema';

const DAY_MS = 86_400_000;

/** Whom a policy is for: a class of a tenant's devices, or with null all whose class has no policy of its own. */
export interface RetentionScope extends RetentionPolicy {
  readonly tenant: string;
}

/** A day of messages or a month of hours, as it lies in its parent. */
export interface StoredPart {
  readonly name: string;
  /** Ms since the epoch. */
  readonly start: number;
  readonly end: number;
  /** Already rewritten in device order. */
  readonly warm: boolean;
  /** Rows it ever took. */
  readonly inserted: number;
  /** An archive is restored into it: nothing in it ends until that has ended. */
  readonly held: boolean;
}

export interface RetentionFacts {
  readonly now: number;
  readonly scopes: readonly RetentionScope[];
  /** Any order. */
  readonly parts: readonly StoredPart[];
  /** By `part/tenant/class` where what ended was removed: how many rows the part had taken by then. */
  readonly done: ReadonlyMap<string, number>;
}

export type RetentionStep =
  /** Nobody keeps the part: it leaves the parent as a whole. */
  | { readonly do: 'end'; readonly part: string }
  /** Others keep it longer: the rows of this scope alone go. */
  | { readonly do: 'remove'; readonly part: string; readonly scope: RetentionScope; readonly inserted: number }
  | { readonly do: 'compact'; readonly part: string };

export const doneKey = (part: string, { tenant, class: name }: Pick<RetentionScope, 'tenant' | 'class'>): string =>
  `${part}/${tenant}/${name ?? ''}`;

/**
 * What becomes of raw days now, oldest first. A day ends with its last message, never before. Only the oldest day can
 * leave as a whole, so that the time without days of its own stays in one piece; one that nobody keeps and that lies
 * behind a held one waits. No tenants at all keep everything.
 */
export const planDays = (facts: RetentionFacts): RetentionStep[] => [
  ...planEnds(facts, ({ rawDays }) => rawDays),
  ...planWarm(facts),
];

/** The same for months of hourly aggregates, which are never compacted. */
export const planMonths = (facts: RetentionFacts): RetentionStep[] => planEnds(facts, ({ hourlyDays }) => hourlyDays);

function planEnds(facts: RetentionFacts, keptDays: (scope: RetentionScope) => number): RetentionStep[] {
  const { now, scopes, done } = facts;
  const steps: RetentionStep[] = [];
  let oldest = true;
  for (const part of inOrder(facts)) {
    const ended = scopes.filter((scope) => hasEnded(part, keptDays(scope), now));
    const whole = ended.length === scopes.length && scopes.length > 0;
    if (whole && oldest && !part.held) {
      steps.push({ do: 'end', part: part.name });
      continue;
    }
    oldest = false;
    if (part.held || whole) continue;
    for (const scope of ended)
      if (done.get(doneKey(part.name, scope)) !== part.inserted)
        steps.push({ do: 'remove', part: part.name, scope, inserted: part.inserted });
  }
  return steps;
}

function planWarm(facts: RetentionFacts): RetentionStep[] {
  const { now, scopes } = facts;
  return inOrder(facts)
    .filter((part) => !part.warm)
    .filter((part) => {
      const keepers = scopes.filter(({ rawDays }) => !hasEnded(part, rawDays, now));
      return keepers.some(({ warmAfterDays }) => hasEnded(part, warmAfterDays, now));
    })
    .map((part) => ({ do: 'compact', part: part.name }));
}

const hasEnded = (part: StoredPart, days: number, now: number): boolean => part.end + days * DAY_MS <= now;
const inOrder = ({ parts }: RetentionFacts): StoredPart[] => parts.toSorted((a, b) => a.start - b.start);

/** Up to when raw messages of `scope` may be gone: the start of the oldest day it keeps. */
export const rawKeptFrom = ({ rawDays }: RetentionPolicy, now: number): number =>
  Math.floor((now - rawDays * DAY_MS) / DAY_MS) * DAY_MS;
