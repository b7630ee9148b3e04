import type { GoldenConfig, GoldenConfigDetail } from '@muster/contracts/configs/configs.schema';
import type { ConfigRow, ConfigVersionRow } from '@muster/persistence/configs/config.store';

export interface Membership {
  readonly devices: number;
  readonly drifted: number;
}

export const toConfig = (row: ConfigRow, { devices, drifted }: Membership): GoldenConfig => ({
  id: row.id,
  name: row.name,
  layer: row.layer,
  selector: row.selector,
  policy: row.policy,
  publishedNumber: row.publishedNumber,
  draftNumber: row.draftNumber,
  devices,
  converged: row.publishedNumber === null ? 0 : devices - drifted,
  drifted,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  version: row.version,
});

export const toDetail = (
  row: ConfigRow,
  membership: Membership,
  versions: readonly ConfigVersionRow[],
): GoldenConfigDetail => ({
  ...toConfig(row, membership),
  versions: versions.map((version) => ({
    number: version.number,
    state: version.state,
    document: version.document,
    notes: version.notes,
    createdBy: version.createdBy,
    createdAt: version.createdAt.toISOString(),
    publishedAt: version.publishedAt?.toISOString() ?? null,
  })),
});
