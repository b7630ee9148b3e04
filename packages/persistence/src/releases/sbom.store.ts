import type { Component, SbomSummary } from '@muster/contracts/releases/releases.schema';
import type { Tx } from '../transaction.js';

export interface SbomRow {
  readonly format: SbomSummary['format'];
  readonly sha256: string;
  /** Byte for byte as it was attached. */
  readonly document: Buffer;
}

export type ComponentRow = Component & { readonly n: number };

export const componentColumns = (alias: string): string =>
  `${alias}.n, ${alias}.name, ${alias}.version, ${alias}.purl, ${alias}.type, ${alias}.licenses`;

export const sbomStore = {
  /** Attaches a document and its components in the place of any before. */
  async attach(
    tx: Tx,
    releaseId: string,
    sbom: SbomRow & Pick<SbomSummary, 'specVersion' | 'createdBy'>,
    components: readonly Component[],
    now: Date,
  ): Promise<void> {
    await tx.execute('delete from sboms where tenant_id = $1 and release_id = $2', [tx.tenantId, releaseId]);
    await tx.execute(
      `insert into sboms (tenant_id, release_id, format, spec_version, sha256, document, components, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        tx.tenantId,
        releaseId,
        sbom.format,
        sbom.specVersion,
        sbom.sha256,
        sbom.document,
        components.length,
        sbom.createdBy,
        now,
      ],
    );
    await tx.execute(
      `insert into sbom_components (tenant_id, release_id, n, name, name_key, version, purl, type, licenses)
       select $1, $2, c.n, c.name, lower(c.name), c.version, c.purl, c.type, array(select jsonb_array_elements_text(c.licenses))
       from jsonb_to_recordset($3::jsonb)
         as c(n int, name text, version text, purl text, type text, licenses jsonb)`,
      [tx.tenantId, releaseId, JSON.stringify(components.map((one, i) => ({ n: i + 1, ...one })))],
    );
  },

  async find(tx: Tx, releaseId: string): Promise<SbomRow | null> {
    const [row] = await tx.query<SbomRow>(
      'select format, sha256, document from sboms where tenant_id = $1 and release_id = $2',
      [tx.tenantId, releaseId],
    );
    return row ?? null;
  },

  /** By name; `containing` narrows to names with that text in them, `after` is the number of the last one shown. */
  components(
    tx: Tx,
    releaseId: string,
    {
      containing = null,
      after = 0,
      limit = null,
    }: { containing?: string | null; after?: number; limit?: number | null },
  ): Promise<ComponentRow[]> {
    return tx.query<ComponentRow>(
      `select ${componentColumns('c')} from sbom_components c
       where c.tenant_id = $1 and c.release_id = $2 and c.n > $3
         and ($4::text is null or position(lower($4) in lower(c.name)) > 0)
       order by c.n limit $5`,
      [tx.tenantId, releaseId, after, containing, limit],
    );
  },
};
