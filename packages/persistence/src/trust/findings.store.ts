import type { AuthorityKind } from '@muster/contracts/trust/trust.schema';
import type { EnrollmentHour } from '@muster/domain/trust/judge-enrollment-failures';
import type { EndingDevice, FindingFacts } from '@muster/domain/trust/list-findings';
import type { CloneEvidence } from '../devices/clone.store.js';
import type { Tx } from '../transaction.js';
import { censusStore } from './census.store.js';

/** Authorities are told with their certificates; who reads them knows when they end. */
export type FindingRows = Omit<FindingFacts, 'authorities'> & {
  readonly authorities: readonly {
    readonly id: string;
    readonly kind: AuthorityKind;
    readonly generation: number;
    readonly certificatePem: string;
  }[];
};

/** Devices that are named; counts are of all. */
const NAMED = 20;
const CLONES_NAMED = 100;
const PAST_HOURS = 7 * 24;

const ending = `d.id as "deviceId", d.name, c.not_after as "notAfter"
  from certificates c join devices d on d.tenant_id = c.tenant_id and d.id = c.device_id
  where c.tenant_id = $1`;

/** What a tenant's findings are made of. Everything is bounded, and read from indexes. */
export const findingsStore = {
  async read(tx: Tx, tenantId: string, now: Date): Promise<FindingRows> {
    const { expiring, overdue } = await censusStore.take(tx, tenantId, now, now);
    return {
      expiring,
      overdue,
      ending: expiring.count + overdue.count > 0 ? await endingFirst(tx, tenantId, now) : [],
      expired: await expired(tx, tenantId, now),
      lists: await lists(tx, tenantId),
      authorities: await authorities(tx, tenantId),
      approvals: await approvals(tx, tenantId, now),
      clones: await clones(tx, tenantId),
      ...(await enrollments(tx, tenantId, now)),
    };
  },

  /** Devices in service without a certificate that opens a session, where they had one. */
  async countExpired(tx: Tx, tenantId: string, now: Date): Promise<number> {
    return (await expired(tx, tenantId, now)).count;
  },

  async countApprovals(tx: Tx, tenantId: string, now: Date): Promise<number> {
    return (await approvals(tx, tenantId, now)).count;
  },
};

const endingFirst = (tx: Tx, tenantId: string, now: Date): Promise<EndingDevice[]> =>
  tx.query(
    `select ${ending} and c.state in ('issued', 'active') and c.not_after > $2
       and c.not_after - $2::timestamptz <= (c.not_after - c.not_before) / 3
     order by c.not_after limit ${NAMED}`,
    [tenantId, now],
  );

const EXPIRED = `c.state = 'expired' and d.state in ('active', 'maintenance') and not exists (
  select from certificates l where l.tenant_id = c.tenant_id and l.device_id = c.device_id
    and l.state in ('issued', 'active', 'on_hold') and l.not_after > $2)`;

const expired = async (tx: Tx, tenantId: string, now: Date): Promise<FindingFacts['expired']> => {
  const [row] = await tx.query<{ count: number; since: Date | null }>(
    `select count(*)::int as count, min("notAfter") as since from (
       select distinct on (d.id) ${ending} and ${EXPIRED} order by d.id, c.not_after desc) e`,
    [tenantId, now],
  );
  if (row!.count === 0) return { count: 0, since: null, devices: [] };
  const devices = await tx.query<EndingDevice>(
    `select * from (select distinct on (d.id) ${ending} and ${EXPIRED} order by d.id, c.not_after desc) e
     order by "notAfter" limit ${NAMED}`,
    [tenantId, now],
  );
  return { ...row!, devices };
};

/** Of the tenant's authorities and of the installation's. */
const lists = (tx: Tx, tenantId: string): Promise<FindingFacts['lists'][number][]> =>
  tx.query(
    `select l.authority_id as "authorityId", a.kind, a.generation, l.shard, l.this_update as "thisUpdate",
       l.next_update as "nextUpdate"
     from crls l join authorities a on a.id = l.authority_id
     where (a.tenant_id = $1 or a.tenant_id is null) and a.state <> 'retired' order by l.authority_id, l.shard`,
    [tenantId],
  );

const authorities = (tx: Tx, tenantId: string): Promise<FindingRows['authorities'][number][]> =>
  tx.query(
    `select id, kind, generation, certificate_pem as "certificatePem" from authorities
     where (tenant_id = $1 or tenant_id is null) and state in ('distributed', 'issuing') order by kind, generation`,
    [tenantId],
  );

const approvals = async (tx: Tx, tenantId: string, now: Date): Promise<FindingFacts['approvals']> => {
  const [row] = await tx.query<FindingFacts['approvals']>(
    `select count(*)::int as count, min(created_at) as oldest from approvals
     where tenant_id = $1 and state = 'pending' and expires_at > $2`,
    [tenantId, now],
  );
  return row!;
};

const clones = async (tx: Tx, tenantId: string): Promise<FindingFacts['clones']> => {
  const rows = await tx.query<{ deviceId: string; name: string; since: Date; evidence: CloneEvidence; count: number }>(
    `select id as "deviceId", name, clone_suspected_at as since, clone_evidence as evidence, (count(*) over ())::int as count
     from devices where tenant_id = $1 and clone_suspected_at is not null and state not in ('decommissioning', 'decommissioned')
     order by clone_suspected_at limit ${CLONES_NAMED}`,
    [tenantId],
  );
  const devices = rows.map(({ deviceId, name, since, evidence }) => ({
    deviceId,
    name,
    since,
    sentence: evidence.sentence,
  }));
  return { count: rows[0]?.count ?? 0, devices };
};

/** The last 60 minutes and the hours before them; an hour nobody enrolled in counts as well. */
const enrollments = async (
  tx: Tx,
  tenantId: string,
  now: Date,
): Promise<{ lastHour: EnrollmentHour; hoursBefore: EnrollmentHour[] }> => {
  const rows = await tx.query<EnrollmentHour & { ago: number }>(
    `select floor(date_part('epoch', $2::timestamptz - minute) / 3600)::int as ago,
       coalesce(sum(n) filter (where code = 'issued'), 0)::int as issued,
       coalesce(sum(n) filter (where code not in ('issued', 'pending')), 0)::int as refused
     from enrollment_minutes where tenant_id = $1 and minute <= $2 and minute > $2::timestamptz - interval '${PAST_HOURS + 1} hours'
     group by 1`,
    [tenantId, now],
  );
  const byAge = new Map(rows.map((row) => [row.ago, row]));
  const hour = (age: number): EnrollmentHour => {
    const { issued = 0, refused = 0 } = byAge.get(age) ?? {};
    return { issued, refused };
  };
  return { lastHour: hour(0), hoursBefore: Array.from({ length: PAST_HOURS }, (_, age) => hour(age + 1)) };
};
