import type { AuthorityKind, findingKinds, TrustFinding } from '@muster/contracts/trust/trust.schema';
import { type EnrollmentHour, judgeEnrollmentFailures } from './judge-enrollment-failures.js';

export interface EndingDevice {
  readonly deviceId: string;
  readonly name: string;
  readonly notAfter: Date;
}

/** What is known of a tenant's certificates. Lists name some devices, counts are of all. */
export interface FindingFacts {
  /** A third or less of the life is left, and 30 days or less. */
  readonly expiring: { readonly count: number; readonly since: Date | null };
  /** Two thirds of the life are over: where the renewal window and its jitter end. */
  readonly overdue: { readonly count: number; readonly since: Date | null };
  /** Those of both that end first. */
  readonly ending: readonly EndingDevice[];
  /** Devices in service without a certificate that opens a session. */
  readonly expired: { readonly count: number; readonly since: Date | null; readonly devices: readonly EndingDevice[] };
  readonly lists: readonly {
    readonly authorityId: string;
    readonly kind: AuthorityKind;
    readonly generation: number;
    readonly shard: number;
    readonly thisUpdate: Date;
    readonly nextUpdate: Date;
  }[];
  readonly authorities: readonly {
    readonly id: string;
    readonly kind: AuthorityKind;
    readonly generation: number;
    readonly notBefore: Date;
    readonly notAfter: Date;
  }[];
  readonly approvals: { readonly count: number; readonly oldest: Date | null };
  readonly clones: {
    readonly count: number;
    readonly devices: readonly {
      readonly deviceId: string;
      readonly name: string;
      readonly since: Date;
      readonly sentence: string;
    }[];
  };
  /** Enrolments of the last hour, and of the hours before it. */
  readonly lastHour: EnrollmentHour;
  readonly hoursBefore: readonly EnrollmentHour[];
}

type Kind = (typeof findingKinds)[number];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What of it needs somebody. The order of the facts does not matter, nor how often it is asked. */
export const listFindings = (facts: FindingFacts, now: Date): TrustFinding[] => [
  ...cloned(facts),
  ...ended(facts),
  ...late(facts),
  ...aged(facts, now),
  ...old(facts, now),
  ...refused(facts, now),
  ...waiting(facts, now),
];

const finding = (
  kind: Kind,
  subject: string,
  since: Date,
  sentence: string,
  count: number,
  facts: Record<string, unknown> = {},
): TrustFinding => ({ kind, subject, since: since.toISOString(), sentence, count, facts });

const cloned = ({ clones }: FindingFacts): TrustFinding[] =>
  clones.devices.map(({ deviceId, name, since, sentence }) =>
    finding('clone_suspected', `device:${deviceId}`, since, `${name}: ${sentence}`, 1, { suspected: clones.count }),
  );

const ended = ({ expired }: FindingFacts): TrustFinding[] => {
  if (expired.count === 0 || expired.since === null) return [];
  const sentence = `${devices(expired.count)} in service ${expired.count === 1 ? 'has' : 'have'} no certificate that is valid: the first ended ${day(expired.since)}.`;
  return [finding('certificate_expired', 'fleet', expired.since, sentence, expired.count, named(expired.devices))];
};

const late = ({ overdue, expiring, ending }: FindingFacts): TrustFinding[] => {
  const first = ending[0] === undefined ? '' : ` The first ends ${day(ending[0].notAfter)}.`;
  const found: TrustFinding[] = [];
  if (overdue.count > 0 && overdue.since !== null) {
    const sentence = `${devices(overdue.count)} should have renewed by now: two thirds of the certificate's life are over.${first}`;
    found.push(finding('renewal_overdue', 'fleet', overdue.since, sentence, overdue.count, named(ending)));
  }
  if (expiring.count > 0 && expiring.since !== null) {
    const verb = expiring.count === 1 ? 'ends' : 'end';
    const sentence = `${certificates(expiring.count)} ${verb} within 30 days and a third of the life, and nothing newer has taken the place.${first}`;
    found.push(finding('certificate_expiring', 'fleet', expiring.since, sentence, expiring.count, named(ending)));
  }
  return found;
};

/** Past half its life somebody who builds lists has stopped; past its end brokers refuse everybody. */
const aged = ({ lists }: FindingFacts, now: Date): TrustFinding[] => {
  const past = lists.filter(({ thisUpdate, nextUpdate }) => now.getTime() > middle(thisUpdate, nextUpdate));
  return [...new Set(past.map(({ authorityId }) => authorityId))].map((authorityId) => {
    const of = past.filter((one) => one.authorityId === authorityId);
    const first = of.reduce((a, b) => (b.nextUpdate < a.nextUpdate ? b : a));
    const since = new Date(Math.min(...of.map(({ thisUpdate, nextUpdate }) => middle(thisUpdate, nextUpdate))));
    const whose = `the ${first.kind} authority, generation ${first.generation},`;
    const ends =
      first.nextUpdate < now
        ? `ran out ${ago(first.nextUpdate, now)} ago`
        : `runs out in ${ago(now, first.nextUpdate)}`;
    const lists = of.length === 1 ? 'A revocation list' : `${of.length} revocation lists`;
    const sentence = `${lists} of ${whose} ${of.length === 1 ? 'is' : 'are'} past half the time between two lists: the first ${ends}.`;
    return finding('crl_past_half', `authority:${authorityId}`, since, sentence, of.length, {
      shards: of.map(({ shard }) => shard),
    });
  });
};

/** An issuing authority is replaced at half its life, so that what it issues never outlives it; a root at three quarters. */
const old = ({ authorities }: FindingFacts, now: Date): TrustFinding[] =>
  authorities.flatMap(({ id, kind, generation, notBefore, notAfter }) => {
    const share = kind === 'root' ? 3 / 4 : 1 / 2;
    const due = new Date(notBefore.getTime() + share * (notAfter.getTime() - notBefore.getTime()));
    if (now < due) return [];
    const left = Math.max(0, Math.floor((notAfter.getTime() - now.getTime()) / DAY_MS));
    const sentence = `The ${kind} authority, generation ${generation}, has ${left} days left and was due for a new generation ${day(due)}.`;
    return [finding('authority_expiring', `authority:${id}`, due, sentence, 1, { notAfter: notAfter.toISOString() })];
  });

const refused = ({ lastHour, hoursBefore }: FindingFacts, now: Date): TrustFinding[] => {
  const verdict = judgeEnrollmentFailures(lastHour.refused, hoursBefore);
  if (verdict === null) return [];
  const sentence = `${lastHour.refused} enrolments were refused within an hour, usually ${verdict.usual}; ${lastHour.issued} succeeded.`;
  const since = new Date(now.getTime() - HOUR_MS);
  return [finding('enrollment_failures', 'enrollment', since, sentence, lastHour.refused, { ...verdict })];
};

const waiting = ({ approvals }: FindingFacts, now: Date): TrustFinding[] => {
  if (approvals.count === 0 || approvals.oldest === null) return [];
  const who = approvals.count === 1 ? 'A device waits' : `${approvals.count} devices wait`;
  const whom = approvals.count === 1 ? 'it' : 'them';
  const sentence = `${who} for a person to let ${whom} in, the first for ${ago(approvals.oldest, now)}.`;
  return [finding('approvals_waiting', 'enrollment', approvals.oldest, sentence, approvals.count)];
};

const named = (ending: readonly EndingDevice[]) => ({
  first: ending.map(({ deviceId, name, notAfter }) => ({ deviceId, name, notAfter: notAfter.toISOString() })),
});
const middle = (from: Date, to: Date): number => (from.getTime() + to.getTime()) / 2;
const day = (at: Date): string => `on ${at.toISOString().slice(0, 10)}`;
const devices = (n: number): string => `${n} device${n === 1 ? '' : 's'}`;
const certificates = (n: number): string => `${n} certificate${n === 1 ? '' : 's'}`;
const ago = (from: Date, to: Date): string => {
  const minutes = Math.max(0, Math.round((to.getTime() - from.getTime()) / 60_000));
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} hours` : `${Math.round(minutes / 60 / 24)} days`;
};
