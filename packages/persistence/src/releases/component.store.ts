import type { ReleaseState } from '@muster/contracts/releases/releases.schema';
import type { Tx } from '../transaction.js';
import { type ComponentRow, componentColumns } from './sbom.store.js';

/** A component by its name and, once a range was resolved, by the versions that are in it; null is every version. */
export interface Sought {
  readonly name: string;
  readonly versions: readonly string[] | null;
}

export type UseRow = ComponentRow & {
  readonly releaseId: string;
  readonly releaseName: string;
  readonly releaseVersion: string;
  readonly releaseState: ReleaseState;
  readonly releaseCreatedAt: Date;
  readonly devices: number;
};

export type RunnerRow = ComponentRow & {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly releaseId: string;
  readonly releaseVersion: string;
};

const isSought = `c.tenant_id = $1 and c.name_key = lower($2) and ($3::text[] is null or c.version = any($3))`;
/** A device runs a release when it says so and is of one of its models. */
const runs = `d.tenant_id = r.tenant_id and d.model = any(r.models) and d.firmware_version = r.version
  and d.state <> 'decommissioned'`;

/** Components across releases, and the devices that run them. */
export const componentStore = {
  /** The versions of a component that any release contains. */
  async versions(tx: Tx, name: string): Promise<string[]> {
    const rows = await tx.query<{ version: string }>(
      `select distinct c.version from sbom_components c
       where c.tenant_id = $1 and c.name_key = lower($2) and c.version is not null`,
      [tx.tenantId, name],
    );
    return rows.map(({ version }) => version);
  },

  /** The releases that contain it, newest first; `deployed` keeps those that a device runs, or that none does. */
  uses(
    tx: Tx,
    { name, versions }: Sought,
    deployed: boolean | null,
    after: readonly [createdAt: string, releaseId: string, n: number] | null,
    limit: number,
  ): Promise<UseRow[]> {
    return tx.query<UseRow>(
      `with held as materialized (
         select r.id, r.name, r.version, r.state, r.created_at, r.models from releases r
         where r.tenant_id = $1 and r.id in (select c.release_id from sbom_components c where ${isSought})),
       running as materialized (
         select d.model, d.firmware_version, count(*)::int as devices from devices d
         where d.tenant_id = $1 and d.state <> 'decommissioned' and d.firmware_version in (select version from held)
         group by d.model, d.firmware_version),
       counted as (
         select held.*, coalesce((select sum(running.devices)::int from running
           where running.firmware_version = held.version and running.model = any(held.models)), 0) as devices from held)
       select ${componentColumns('c')}, h.id as "releaseId", h.name as "releaseName", h.version as "releaseVersion",
         h.state as "releaseState", h.created_at as "releaseCreatedAt", h.devices
       from counted h join sbom_components c on c.release_id = h.id and ${isSought}
       where ($4::boolean is null or (h.devices > 0) = $4)
         and ($5::timestamptz is null or (h.created_at, h.id, -c.n) < ($5, $6::uuid, -$7::int))
       order by h.created_at desc, h.id desc, c.n limit $8`,
      [tx.tenantId, name, versions, deployed, after?.[0] ?? null, after?.[1] ?? null, after?.[2] ?? null, limit],
    );
  },

  /**
   * The devices that run a release with it, release by release and by id; `after` names the last one shown. Each release
   * is asked for no more than a page, and the later ones not at all while the earlier ones fill it.
   */
  runners(
    tx: Tx,
    { name, versions }: Sought,
    after: readonly [releaseId: string, n: number, deviceId: string] | null,
    limit: number,
  ): Promise<RunnerRow[]> {
    return tx.query<RunnerRow>(
      `select d.id as "deviceId", d.name as "deviceName", r.id as "releaseId", r.version as "releaseVersion",
         ${componentColumns('c')}
       from sbom_components c
       join releases r on r.tenant_id = c.tenant_id and r.id = c.release_id
       cross join lateral (select d.id, d.name from devices d where ${runs}
         and ($4::uuid is null or (r.id, c.n, d.id) > ($4, $5::int, $6::uuid)) order by d.id limit $7) d
       where ${isSought} and ($4::uuid is null or (r.id, c.n) >= ($4, $5::int))
       order by r.id, c.n, d.id limit $7`,
      [tx.tenantId, name, versions, after?.[0] ?? null, after?.[1] ?? null, after?.[2] ?? null, limit],
    );
  },
};
