import type * as routes from '@muster/contracts/trust/trust.routes';
import type { TrustOverview } from '@muster/contracts/trust/trust.schema';
import { Database, type Tx } from '@muster/persistence/database';
import { acknowledgementStore } from '@muster/persistence/trust/acknowledgement.store';
import { bundleStore } from '@muster/persistence/trust/bundle.store';
import { type CensusGroup, censusStore } from '@muster/persistence/trust/census.store';
import { findingsStore } from '@muster/persistence/trust/findings.store';
import { overviewStore, type RevocationRow } from '@muster/persistence/trust/overview.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { spanOf } from '@muster/telemetry/fold-buckets';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { SharedAnswers } from './shared-answers.js';

const WEEK_S = 7 * 86_400;
const WEEK = spanOf(WEEK_S * 1000);
/** Weeks shown: the longest life of a device's certificate, 398 days. */
const WEEKS = 57;
/**
 * Whole enrolments a second that one process takes over HTTP, TLS handshake and a transaction of its own each, on two busy
 * cores (docs/benchmarks.md, `pki/issuing-service`): what a fleet that renews needs, and far below what issuing alone makes.
 */
const ISSUED_PER_SECOND = 11;
/** Of which so much is planned with: renewals come in waves, and the machine has other things to do. */
const PLANNED = 0.1;

/** A tenant's certificates in numbers. */
@Injectable()
export class OverviewService {
  readonly #shared: SharedAnswers<TrustOverview>;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#shared = new SharedAnswers(clock);
  }

  get({ principal: { tenantId } }: Call<typeof routes.getTrustOverview>): Promise<TrustOverview> {
    return this.#shared.ask(tenantId, () =>
      this.database.tenant(tenantId, (tx) => readOverview(tx, tenantId, this.clock.now())),
    );
  }
}

const readOverview = async (tx: Tx, tenantId: string, now: Date): Promise<TrustOverview> => {
  const firstWeek = new Date(WEEK.start(now.getTime()));
  const census = await censusStore.take(tx, tenantId, firstWeek, now);
  const { issued, refused } = await overviewStore.enrollments(tx, tenantId, now);
  const bundle = await bundleStore.newest(tx, tenantId);
  return {
    devices: await overviewStore.devices(tx, tenantId),
    liveCertificates: census.live,
    expiringIn30Days: census.expiring.count,
    renewalOverdue: census.overdue.count,
    expired: await findingsStore.countExpired(tx, tenantId, now),
    pendingApprovals: await findingsStore.countApprovals(tx, tenantId, now),
    enrollments24h: issued,
    refusals24h: refused,
    weeks: weeksOf(census.groups, firstWeek),
    capacityPerWeek: Math.floor(ISSUED_PER_SECOND * PLANNED * WEEK_S),
    bundle: bundle && {
      number: bundle.number,
      ...(await acknowledgementStore.reception(tx, tenantId, bundle.number, now)),
    },
    lastRevocations: (await overviewStore.revocations(tx, tenantId)).map(toRevocation),
  };
};

/** From this week to the last in which something happens. */
const weeksOf = (groups: readonly CensusGroup[], first: Date): TrustOverview['weeks'] => {
  const weeks = Array.from({ length: WEEKS + 1 }, () => ({ ending: 0, renewing: 0 }));
  for (const { ends, opens, live } of groups) {
    const [end, open] = [weeks[ends], weeks[opens]];
    if (end !== undefined) end.ending += live;
    if (open !== undefined) open.renewing += live;
  }
  const last = weeks.findLastIndex(({ ending, renewing }) => ending + renewing > 0);
  return weeks
    .slice(0, last + 1)
    .map((week, n) => ({ from: new Date(first.getTime() + n * WEEK.ms).toISOString(), ...week }));
};

/** What was on hold before had its session cut before it was revoked. */
const toRevocation = ({ revokedAt, sessionCutAt, refusedAt, ...row }: RevocationRow) => ({
  ...row,
  revokedAt: revokedAt.toISOString(),
  sessionCutMs: sessionCutAt && Math.max(0, sessionCutAt.getTime() - revokedAt.getTime()),
  handshakeRefusedMs: refusedAt && Math.max(0, refusedAt.getTime() - revokedAt.getTime()),
});
