import type { CertificateState } from '@muster/contracts/certificates/certificates.schema';
import type { Tx } from '../transaction.js';
import { type CertificateRow, certificateColumns } from './certificate.store.js';

/** A certificate in a list over the fleet. */
export interface FleetCertificateRow extends CertificateRow {
  readonly deviceName: string;
}

export interface FleetFilter {
  readonly state?: CertificateState | undefined;
  readonly authorityId?: string | undefined;
  readonly expiresBefore?: Date | undefined;
  readonly renewal?: 'due' | 'overdue' | undefined;
}

export type FleetOrder = 'notAfter' | '-notAfter' | '-createdAt';

/** Ids sort by time, so that the newest need no index of their own. */
const orders: Record<FleetOrder, { readonly by: string; readonly beyond: (end: string, id: string) => string }> = {
  notAfter: { by: 'c.not_after, c.id', beyond: (end, id) => `(c.not_after, c.id) > (${end}, ${id})` },
  '-notAfter': { by: 'c.not_after desc, c.id desc', beyond: (end, id) => `(c.not_after, c.id) < (${end}, ${id})` },
  '-createdAt': { by: 'c.id desc', beyond: (_, id) => `c.id < ${id}` },
};

/** Half of its life and two thirds of it, as `renewalWindow` in domain has them. */
const opens = 'c.not_before + (c.not_after - c.not_before) / 2';
const overdue = 'c.not_before + (c.not_after - c.not_before) * (2.0 / 3.0)';
const live = `c.state in ('issued', 'active')`;
const windows = {
  due: (now: string) => `${live} and (${opens} <= ${now} or c.renew_requested_at is not null) and ${overdue} > ${now}`,
  overdue: (now: string) => `${live} and ${overdue} <= ${now} and c.not_after > ${now}`,
} as const;

/** Certificates of a whole tenant. */
export const fleetCertificateStore = {
  /** At most `limit` in this order, after the key (end, id) of the last one shown. */
  list(
    tx: Tx,
    filter: FleetFilter,
    order: FleetOrder,
    after: readonly [Date, string] | null,
    now: Date,
    limit: number,
  ): Promise<FleetCertificateRow[]> {
    const values: unknown[] = [limit];
    const place = (value: unknown) => `$${values.push(value)}`;
    const wanted: string[] = [];
    // What is compared is in the order of the index, so that a page is read and nothing is sorted.
    if (after && order === '-createdAt') wanted.push(orders[order].beyond('', place(after[1])));
    else if (after) wanted.push(orders[order].beyond(place(after[0]), place(after[1])));
    if (filter.state !== undefined) wanted.push(`c.state = ${place(filter.state)}`);
    if (filter.authorityId !== undefined) wanted.push(`c.authority_id = ${place(filter.authorityId)}`);
    if (filter.expiresBefore !== undefined) wanted.push(`c.not_after < ${place(filter.expiresBefore)}`);
    if (filter.renewal !== undefined) wanted.push(windows[filter.renewal](`${place(now)}::timestamptz`));
    const where = wanted.length === 0 ? '' : `where ${wanted.join(' and ')}`;
    // The page first and the names then: beside a join the planner sorts the whole fleet.
    return tx.query<FleetCertificateRow>(
      `select ${certificateColumns}, d.name as "deviceName"
       from (select * from certificates c ${where} order by ${orders[order].by} limit $1) c
       join devices d on d.tenant_id = c.tenant_id and d.id = c.device_id order by ${orders[order].by}`,
      values,
    );
  },
};
