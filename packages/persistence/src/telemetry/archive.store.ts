import type { archiveStates } from '@muster/contracts/telemetry/retention.schema';
import type { Tx } from '../transaction.js';
import { known } from './partitioned.js';

export interface ArchiveRow {
  readonly id: string;
  readonly tenant: string;
  readonly day: string;
  /** The table its rows were in. */
  readonly source: string;
  readonly state: (typeof archiveStates)[number];
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly manifestSha256: string | null;
  readonly manifestBytes: number | null;
  readonly deviceKeys: readonly number[];
  readonly checkedAt: Date | null;
  readonly restoredUntil: Date | null;
  readonly detail: string | null;
  readonly createdAt: Date;
}
/** What a file came to, once it was read back and compared. */
export interface ArchivedFile {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly manifestSha256: string;
  readonly manifestBytes: number;
}
/** A device with rows in a table that is to be dropped. */
export interface SourceDevice {
  readonly deviceKey: number;
  readonly tenant: string;
  readonly class: string;
  readonly rows: number;
}

const columns = (keys: string) => `id, tenant_id as tenant, day::text as day, source, state, rows, bytes, sha256,
  manifest_sha256 as "manifestSha256", manifest_bytes as "manifestBytes", ${keys} as "deviceKeys",
  checked_at as "checkedAt", restored_until as "restoredUntil", detail, created_at as "createdAt"`;
/** A million keys are four megabytes; listings do without. */
const light = columns(`'{}'::int[]`);
const whole = columns('device_keys');

export const archiveStore = {
  /** Newest day first; in a tenant transaction. */
  list(tx: Tx, after: { day: string; id: string } | null, limit: number): Promise<ArchiveRow[]> {
    return tx.query<ArchiveRow>(
      `select ${light} from archives where $1::date is null or (day, id) < ($1::date, $2::uuid)
       order by day desc, id desc limit $3`,
      [after?.day ?? null, after?.id ?? null, limit],
    );
  },

  async find(tx: Tx, id: string): Promise<ArchiveRow | null> {
    const [row] = await tx.query<ArchiveRow>(`select ${light} from archives where id = $1 for update`, [id]);
    return row ?? null;
  },

  /** Days that are restored now, with their rows and bytes. */
  restored(tx: Tx): Promise<{ day: string; rows: number; bytes: number }[]> {
    return tx.query(
      `select day::text as day, sum(rows)::bigint as rows, sum(bytes)::bigint as bytes from archives
       where state = 'restored' group by day order by day desc`,
    );
  },

  /** Orders a restore, or moves the end of one that is not over: of one that is, rows may be going already. */
  async orderRestore(tx: Tx, id: string, until: Date, now: Date): Promise<ArchiveRow> {
    const [row] = await tx.query<ArchiveRow>(
      `update archives set restored_until = $2, detail = null,
         state = case when state = 'restored' and restored_until > $3 then state else 'restoring' end
       where id = $1 returning ${light}`,
      [id, until, now],
    );
    return row!;
  },

  /** Devices with rows in `source` that no archive of it holds yet, by key. Reads the source once, from its index. */
  uncovered(tx: Tx, source: string): Promise<SourceDevice[]> {
    return tx.query<SourceDevice>(
      `select s.device_key as "deviceKey", d.tenant_id as tenant, d.class, s.rows
       from (select device_key, count(*) as rows from ${known(source)} group by 1) s join devices d using (device_key)
       where not exists (select from archives a cross join unnest(a.device_keys) k(key)
         where a.source = $1 and a.state in ('kept', 'restoring', 'restored') and k.key = s.device_key)
       order by 1`,
      [source],
    );
  },

  /** Notes that a file is being written; whatever was begun for the same rows and not finished is forgotten. */
  async begin(
    tx: Tx,
    one: { id: string; tenant: string; day: string; source: string; deviceKeys: readonly number[] },
  ): Promise<void> {
    const { id, tenant, day, source, deviceKeys } = one;
    await tx.execute(`delete from archives where source = $1 and tenant_id = $2 and state in ('writing', 'failed')`, [
      source,
      tenant,
    ]);
    await tx.execute(
      `insert into archives (id, tenant_id, day, source, state, device_keys) values ($1, $2, $3, $4, 'writing', $5)`,
      [id, tenant, day, source, deviceKeys],
    );
  },

  async keep(tx: Tx, id: string, file: ArchivedFile, at: Date): Promise<void> {
    await tx.execute(
      `update archives set state = 'kept', rows = $2, bytes = $3, sha256 = $4, manifest_sha256 = $5, manifest_bytes = $6,
         checked_at = $7, detail = null where id = $1`,
      [id, file.rows, file.bytes, file.sha256, file.manifestSha256, file.manifestBytes, at],
    );
  },

  async fail(tx: Tx, id: string, detail: string): Promise<void> {
    await tx.execute(`update archives set state = 'failed', detail = $2 where id = $1 and state = 'writing'`, [
      id,
      detail,
    ]);
  },

  /** A restore that cannot be done: the archive stays as it was. */
  async refuseRestore(tx: Tx, id: string, detail: string): Promise<void> {
    await tx.execute(
      `update archives set state = 'kept', restored_until = null, detail = $2 where id = $1 and state = 'restoring'`,
      [id, detail],
    );
  },

  /** Restores that are ordered, or over at `now`; across tenants. */
  due(tx: Tx, now: Date): Promise<ArchiveRow[]> {
    return tx.query<ArchiveRow>(
      `select ${light} from archives where state = 'restoring' or (state = 'restored' and restored_until <= $1)
       order by created_at`,
      [now],
    );
  },

  /** What was due is done; nothing changes if it was ordered anew meanwhile, and then it is due again. */
  async settle(tx: Tx, { id, state }: Pick<ArchiveRow, 'id' | 'state'>, now: Date): Promise<void> {
    if (state === 'restoring')
      await tx.execute(`update archives set state = 'restored' where id = $1 and state = 'restoring'`, [id]);
    else
      await tx.execute(
        `update archives set state = 'kept', restored_until = null
         where id = $1 and state = 'restored' and restored_until <= $2`,
        [id, now],
      );
  },

  /** Archives that hold rows of any of the devices, with all their keys; across tenants. */
  holding(tx: Tx, tenant: string, deviceKeys: readonly number[]): Promise<ArchiveRow[]> {
    return tx.query<ArchiveRow>(
      `select ${whole} from archives where tenant_id = $1 and state <> 'writing' and device_keys && $2::int[] order by id`,
      [tenant, deviceKeys],
    );
  },

  /** Puts a rewritten file in the place of the old one, whose content is noted to be removed. */
  async rewrite(tx: Tx, one: ArchiveRow, file: ArchivedFile, deviceKeys: readonly number[], at: Date): Promise<void> {
    await tx.execute(
      `update archives set rows = $2, bytes = $3, sha256 = $4, manifest_sha256 = $5, manifest_bytes = $6, checked_at = $7,
         device_keys = $8 where id = $1`,
      [one.id, file.rows, file.bytes, file.sha256, file.manifestSha256, file.manifestBytes, at, deviceKeys],
    );
    await archiveStore.noteFiles(tx, one.tenant, [one.sha256, one.manifestSha256]);
  },

  /** Its content is noted to be removed. */
  async forget(tx: Tx, one: ArchiveRow): Promise<void> {
    await tx.execute('delete from archives where id = $1', [one.id]);
    await archiveStore.noteFiles(tx, one.tenant, [one.sha256, one.manifestSha256]);
  },

  /** Said before content is stored and when it is no longer named, so that no crash leaves a file that nobody knows of. */
  async noteFiles(tx: Tx, tenant: string, digests: readonly (string | null)[]): Promise<void> {
    await tx.execute(
      'insert into archive_leftovers select $1, d from unnest($2::text[]) d where d is not null on conflict do nothing',
      [tenant, digests],
    );
  },

  /** Content that no archive names; what one names by now is struck off. Under the storage lock, while nobody writes. */
  async leftovers(tx: Tx): Promise<{ tenant: string; sha256: string }[]> {
    await tx.execute(
      `delete from archive_leftovers l using archives a
       where a.tenant_id = l.tenant_id and l.sha256 in (a.sha256, a.manifest_sha256)`,
    );
    return tx.query('select tenant_id as tenant, sha256 from archive_leftovers order by 1, 2');
  },

  async strike(tx: Tx, { tenant, sha256 }: { tenant: string; sha256: string }): Promise<void> {
    await tx.execute('delete from archive_leftovers where tenant_id = $1 and sha256 = $2', [tenant, sha256]);
  },
};
