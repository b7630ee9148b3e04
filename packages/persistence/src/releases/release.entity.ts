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
