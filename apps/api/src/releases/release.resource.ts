import type { Artifact, Component, Release } from '@muster/contracts/releases/releases.schema';
import type { ArtifactRow } from '@muster/persistence/releases/artifact.store';
import type { ReleaseRow } from '@muster/persistence/releases/release.store';

const instant = (at: Date | null): string | null => at?.toISOString() ?? null;

export const toArtifact = (row: ArtifactRow): Artifact => ({ ...row, createdAt: row.createdAt.toISOString() });

export const toComponent = ({ name, version, purl, type, licenses }: Component): Component => ({
  ...{ name, version, purl, type, licenses },
});

export const toRelease = (row: ReleaseRow): Release => ({
  id: row.id,
  name: row.name,
  version: row.version,
  models: row.models,
  state: row.state,
  rollbackIndex: row.rollbackIndex,
  notes: row.notes,
  hardwareRevisions: row.hardwareRevisions,
  minVersion: row.minVersion,
  passThrough: row.passThrough,
  supportUntil: instant(row.supportUntil),
  sbom: row.sbom,
  deltas: row.deltas,
  artifact: toArtifact(row.artifact),
  manifestJws: row.manifestJws,
  devicesOn: row.devicesOn,
  createdBy: row.createdBy,
  signedBy: row.signedBy,
  publishedBy: row.publishedBy,
  createdAt: row.createdAt.toISOString(),
  signedAt: instant(row.signedAt),
  publishedAt: instant(row.publishedAt),
  revokedAt: instant(row.revokedAt),
  etag: row.etag,
});
