import type { Manifest, ReleaseDelta, ReleaseState, SbomSummary } from '@muster/contracts/releases/releases.schema';
import type { Tx } from '../transaction.js';
import type { ArtifactRow } from './artifact.store.js';

export interface ReleaseRow {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly models: string[];
  readonly state: ReleaseState;
  readonly rollbackIndex: number;
  readonly notes: string;
  readonly hardwareRevisions: string[];
  readonly minVersion: string | null;
  readonly passThrough: boolean;
  readonly supportUntil: Date | null;
  readonly signedBy: string | null;
  readonly signedById: string | null;
  readonly publishedBy: string | null;
  readonly sbom: SbomSummary | null;
  readonly deltas: ReleaseDelta[];
  readonly manifest: Manifest | null;
  readonly manifestJws: string | null;
  readonly artifact: ArtifactRow;
  /** Devices of its models that say they run it. */
  readonly devicesOn: number;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly signedAt: Date | null;
  readonly publishedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly etag: number;
}

/** What may change of a draft. */
export type Changeable = Pick<
  ReleaseRow,
  'models' | 'hardwareRevisions' | 'minVersion' | 'passThrough' | 'supportUntil' | 'rollbackIndex' | 'notes'
>;
type Drafted = Changeable & Pick<ReleaseRow, 'createdBy'> & { readonly artifactId: string };

interface Move {
  readonly state: ReleaseState;
  readonly by: { readonly id: string; readonly name: string };
  readonly manifest?: Manifest;
  readonly manifestJws?: string;
}

type Flat = Omit<ReleaseRow, 'artifact'> & { [K in keyof ArtifactRow as `a_${K}`]: ArtifactRow[K] };

const columns = `r.id, r.name, r.version, r.models, r.state, r.rollback_index as "rollbackIndex",
  coalesce(r.notes, '') as notes, r.hardware_revisions as "hardwareRevisions", r.min_version as "minVersion",
  r.pass_through as "passThrough", r.support_until as "supportUntil", r.signed_by as "signedBy",
  r.signed_by_id as "signedById", r.published_by as "publishedBy",
  (select jsonb_build_object('format', s.format, 'specVersion', s.spec_version, 'sha256', s.sha256, 'components', s.components,
     'createdBy', s.created_by, 'createdAt', to_char(s.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
     from sboms s where s.tenant_id = r.tenant_id and s.release_id = r.id) as sbom,
  (select coalesce(jsonb_agg(jsonb_build_object('fromReleaseId', x.from_release_id, 'fromVersion', f.version, 'size', x.size,
     'createdAt', to_char(x.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by f.created_at), '[]')
     from deltas x join releases f on f.tenant_id = x.tenant_id and f.id = x.from_release_id
     where x.tenant_id = r.tenant_id and x.to_release_id = r.id and x.state = 'kept') as deltas, r.manifest, r.manifest_jws as "manifestJws", r.created_by as "createdBy",
  r.created_at as "createdAt", r.signed_at as "signedAt", r.published_at as "publishedAt", r.revoked_at as "revokedAt",
  r.etag, (select count(*)::int from devices d where d.tenant_id = r.tenant_id and d.model = any(r.models)
    and d.firmware_version = r.version and d.state <> 'decommissioned') as "devicesOn",
  a.id as "a_id", a.name as "a_name", a.size as "a_size", a.sha256 as "a_sha256", a.received as "a_received",
  a.state as "a_state", a.media_type as "a_mediaType", a.created_by as "a_createdBy", a.created_at as "a_createdAt"`;
const source = 'releases r join artifacts a on a.tenant_id = r.tenant_id and a.id = r.artifact_id';

const nest = (flat: Flat): ReleaseRow => {
  const entries = Object.entries(flat);
  const artifact = Object.fromEntries(
    entries.filter(([key]) => key.startsWith('a_')).map(([key, value]) => [key.slice(2), value]),
  );
  const own = Object.fromEntries(entries.filter(([key]) => !key.startsWith('a_')));
  return { ...own, artifact } as unknown as ReleaseRow;
};

export const releaseStore = {
  /** False when the name has this version already. */
  async insert(tx: Tx, row: Drafted & Pick<ReleaseRow, 'id' | 'name' | 'version'>, now: Date): Promise<boolean> {
    const inserted = await tx.execute(
      `insert into releases (tenant_id, id, name, version, models, artifact_id, rollback_index, notes, hardware_revisions,
         min_version, pass_through, support_until, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
       on conflict on constraint releases_version_unique do nothing`,
      [
        tx.tenantId,
        row.id,
        row.name,
        row.version,
        row.models,
        row.artifactId,
        row.rollbackIndex,
        row.notes,
        row.hardwareRevisions,
        row.minVersion,
        row.passThrough,
        row.supportUntil,
        row.createdBy,
        now,
      ],
    );
    return inserted === 1;
  },

  /** Writes what may change of a locked release, and its next version. */
  async change(tx: Tx, id: string, row: Changeable): Promise<void> {
    await tx.execute(
      `update releases set models = $3, hardware_revisions = $4, min_version = $5, pass_through = $6, support_until = $7,
         rollback_index = $8, notes = $9, etag = etag + 1 where tenant_id = $1 and id = $2`,
      [
        tx.tenantId,
        id,
        row.models,
        row.hardwareRevisions,
        row.minVersion,
        row.passThrough,
        row.supportUntil,
        row.rollbackIndex,
        row.notes,
      ],
    );
  },

  /** A locked release has something new about it. */
  async touch(tx: Tx, id: string): Promise<void> {
    await tx.execute('update releases set etag = etag + 1 where tenant_id = $1 and id = $2', [tx.tenantId, id]);
  },

  async find(tx: Tx, id: string): Promise<ReleaseRow | null> {
    const [row] = await tx.query<Flat>(`select ${columns} from ${source} where r.tenant_id = $1 and r.id = $2`, [
      tx.tenantId,
      id,
    ]);
    return row === undefined ? null : nest(row);
  },

  /** The row, locked to the end of the transaction. */
  async lock(tx: Tx, id: string): Promise<ReleaseRow | null> {
    const [row] = await tx.query<Flat>(
      `select ${columns} from ${source} where r.tenant_id = $1 and r.id = $2 for update of r`,
      [tx.tenantId, id],
    );
    return row === undefined ? null : nest(row);
  },

  /** Newest first; `after` is the creation time and id of the last one shown. */
  async list(
    tx: Tx,
    filter: { state?: ReleaseState | undefined; model?: string | undefined },
    after: readonly [createdAt: string, id: string] | null,
    limit: number,
  ): Promise<ReleaseRow[]> {
    const rows = await tx.query<Flat>(
      `select ${columns} from ${source}
       where r.tenant_id = $1 and ($2::text is null or r.state = $2) and ($3::text is null or $3 = any(r.models))
         and ($4::timestamptz is null or (r.created_at, r.id) < ($4, $5::uuid))
       order by r.created_at desc, r.id desc limit $6`,
      [tx.tenantId, filter.state ?? null, filter.model ?? null, after?.[0] ?? null, after?.[1] ?? null, limit],
    );
    return rows.map(nest);
  },

  /** Changes a locked release and its version. A manifest is written once, with the signature and whose it is. */
  async move(tx: Tx, id: string, change: Move, now: Date): Promise<void> {
    await tx.execute(
      `update releases set state = $3, etag = etag + 1, manifest = coalesce(manifest, $4), manifest_jws = coalesce(manifest_jws, $5),
         signed_at = case when $3 = 'signed' then $6 else signed_at end,
         signed_by = case when $3 = 'signed' then $7 else signed_by end,
         signed_by_id = case when $3 = 'signed' then $8 else signed_by_id end,
         published_at = case when $3 = 'published' then $6 else published_at end,
         published_by = case when $3 = 'published' then $7 else published_by end,
         revoked_at = case when $3 = 'revoked' then $6 else revoked_at end
       where tenant_id = $1 and id = $2`,
      [
        tx.tenantId,
        id,
        change.state,
        change.manifest === undefined ? null : JSON.stringify(change.manifest),
        change.manifestJws ?? null,
        now,
        change.by.name,
        change.by.id,
      ],
    );
  },
};
