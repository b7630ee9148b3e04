import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('artifacts')
export class ArtifactEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('bigint') size!: number;
  @Column('text') sha256!: string;
  @Column({ type: 'bigint', default: 0 }) received!: number;
  @Column({ type: 'text', default: 'uploading' }) state!: string;
  @Column({ type: 'text', default: 'application/octet-stream' }) mediaType!: string;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}

@Entity('releases')
export class ReleaseEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') version!: string;
  @Column({ type: 'text', array: true }) models!: string[];
  @Column('uuid') artifactId!: string;
  @Column({ type: 'text', default: 'draft' }) state!: string;
  @Column({ type: 'int', default: 0 }) rollbackIndex!: number;
  @Column({ type: 'text', nullable: true }) notes!: string | null;
  @Column({ type: 'jsonb', nullable: true }) manifest!: unknown;
  @Column({ type: 'text', nullable: true }) manifestJws!: string | null;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) signedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) publishedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) revokedAt!: Date | null;
  @Column({ type: 'int', default: 1 }) etag!: number;
  @Column({ type: 'text', array: true, default: [] }) hardwareRevisions!: string[];
  @Column({ type: 'text', nullable: true }) minVersion!: string | null;
  @Column({ type: 'boolean', default: false }) passThrough!: boolean;
  @Column({ type: 'timestamptz', nullable: true }) supportUntil!: Date | null;
  @Column({ type: 'text', nullable: true }) signedBy!: string | null;
  @Column({ type: 'text', nullable: true }) signedById!: string | null;
  @Column({ type: 'text', nullable: true }) publishedBy!: string | null;
}

@Entity('sboms')
export class SbomEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') releaseId!: string;
  @Column('text') format!: string;
  @Column('text') specVersion!: string;
  @Column('text') sha256!: string;
  @Column('bytea') document!: Buffer;
  @Column('int') components!: number;
  @Column('text') createdBy!: string;
  @Column('timestamptz') createdAt!: Date;
}

@Entity('sbom_components')
export class SbomComponentEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') releaseId!: string;
  @PrimaryColumn('int') n!: number;
  @Column('text') name!: string;
  @Column('text') nameKey!: string;
  @Column({ type: 'text', nullable: true }) version!: string | null;
  @Column({ type: 'text', nullable: true }) purl!: string | null;
  @Column({ type: 'text', nullable: true }) type!: string | null;
  @Column({ type: 'text', array: true, default: [] }) licenses!: string[];
}

@Entity('deltas')
export class DeltaEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'uuid', nullable: true }) campaignId!: string | null;
  @Column('uuid') fromReleaseId!: string;
  @Column('uuid') toReleaseId!: string;
  @Column({ type: 'text', default: 'wanted' }) state!: string;
  @Column({ type: 'text', nullable: true }) reasonCode!: string | null;
  @Column({ type: 'bigint', nullable: true }) size!: number | null;
  @Column({ type: 'text', nullable: true }) sha256!: string | null;
  @Column('timestamptz') createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) finishedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) leaseUntil!: Date | null;
}

@Entity('device_releases')
export class DeviceReleaseEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @PrimaryColumn('int') n!: number;
  @Column({ type: 'uuid', nullable: true }) releaseId!: string | null;
  @Column('text') version!: string;
  @Column('timestamptz') confirmedAt!: Date;
  @Column({ type: 'uuid', nullable: true }) campaignId!: string | null;
}
