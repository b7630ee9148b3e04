import type { Tx } from '../transaction.js';

export interface ArtifactRow {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** Bytes that are safe on disk; an interrupted upload goes on here. */
  readonly received: number;
  readonly state: 'uploading' | 'complete';
  readonly mediaType: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

export const artifactColumns = (alias: string): string =>
  `${alias}.id, ${alias}.name, ${alias}.size, ${alias}.sha256, ${alias}.received, ${alias}.state,
   ${alias}.media_type as "mediaType", ${alias}.created_by as "createdBy", ${alias}.created_at as "createdAt"`;

export const artifactStore = {
  async insert(
    tx: Tx,
    row: Pick<ArtifactRow, 'id' | 'name' | 'size' | 'sha256' | 'mediaType' | 'createdBy'>,
    now: Date,
  ): Promise<ArtifactRow> {
    const [inserted] = await tx.query<ArtifactRow>(
      `insert into artifacts as a (tenant_id, id, name, size, sha256, media_type, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${artifactColumns('a')}`,
      [tx.tenantId, row.id, row.name, row.size, row.sha256, row.mediaType, row.createdBy, now],
    );
    return inserted!;
  },

  async find(tx: Tx, id: string): Promise<ArtifactRow | null> {
    const [row] = await tx.query<ArtifactRow>(
      `select ${artifactColumns('a')} from artifacts a where a.tenant_id = $1 and a.id = $2`,
      [tx.tenantId, id],
    );
    return row ?? null;
  },

  /** How far an upload came. A complete artifact stays complete. */
  async receive(tx: Tx, id: string, received: number): Promise<void> {
    await tx.execute(`update artifacts set received = $3 where tenant_id = $1 and id = $2 and state = 'uploading'`, [
      tx.tenantId,
      id,
      received,
    ]);
  },

  async complete(tx: Tx, id: string): Promise<ArtifactRow> {
    const [row] = await tx.query<ArtifactRow>(
      `update artifacts a set state = 'complete', received = size where a.tenant_id = $1 and a.id = $2
       returning ${artifactColumns('a')}`,
      [tx.tenantId, id],
    );
    return row!;
  },

  /**
   * What a device may fetch now: the artifact, named by id or SHA-256, of an execution that is open for it. Null
   * otherwise, whether or not the artifact exists.
   */
  async allowedTo(tx: Tx, deviceId: string, ref: string): Promise<ArtifactRow | null> {
    const [row] = await tx.query<ArtifactRow>(
      `select ${artifactColumns('a')} from executions e
       join releases r on r.tenant_id = e.tenant_id and r.id = e.release_id and r.state <> 'revoked'
       join artifacts a on a.tenant_id = r.tenant_id and a.id = r.artifact_id and a.state = 'complete'
       where e.tenant_id = $1 and e.device_id = $2 and (a.sha256 = $3 or a.id::text = $3)
         and e.state in ('offered', 'accepted', 'deferred', 'downloading', 'downloaded', 'installing', 'rebooting',
           'verifying', 'soaking', 'rolling_back')
       limit 1`,
      [tx.tenantId, deviceId, ref],
    );
    return row ?? null;
  },
};
