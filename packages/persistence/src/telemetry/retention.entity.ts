import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('retention_policies')
export class RetentionPolicyEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn({ type: 'text', default: '' }) class!: string;
  @Column('int') rawDays!: number;
  @Column('int') hourlyDays!: number;
  @Column('int') warmAfterDays!: number;
  @Column('boolean') archive!: boolean;
}

/** A part of messages or rollups from which the rows of a tenant's class that ended are gone. */
@Entity('retention_done')
export class RetentionDoneEntity {
  @PrimaryColumn('text') part!: string;
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn({ type: 'text', default: '' }) class!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) doneAt!: Date;
  @Column({ type: 'bigint', default: -1 }) inserted!: number;
}

/** Up to when raw messages of a tenant's class have been let go: their aggregates can no longer be recomputed. */
@Entity('raw_ended')
export class RawEndedEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn({ type: 'text', default: '' }) class!: string;
  @Column('timestamptz') before!: Date;
}

@Entity('archives')
export class ArchiveEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') tenantId!: string;
  @Column('date') day!: string;
  @Column('text') source!: string;
  @Column('text') state!: string;
  @Column({ type: 'bigint', default: 0 }) rows!: number;
  @Column({ type: 'bigint', default: 0 }) bytes!: number;
  @Column({ type: 'text', nullable: true }) sha256!: string | null;
  @Column({ type: 'text', nullable: true }) manifestSha256!: string | null;
  @Column({ type: 'bigint', nullable: true }) manifestBytes!: number | null;
  @Column({ type: 'int', array: true }) deviceKeys!: number[];
  @Column({ type: 'timestamptz', nullable: true }) checkedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) restoredUntil!: Date | null;
  @Column({ type: 'text', nullable: true }) detail!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}

/** A file that may lie on the artifact store though no archive names it. */
@Entity('archive_leftovers')
export class ArchiveLeftoverEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('text') sha256!: string;
}

@Entity('purges')
export class PurgeEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') tenantId!: string;
  @Column({ type: 'uuid', nullable: true }) deviceId!: string | null;
  @Column('text') reason!: string;
  @Column('text') requestedBy!: string;
  @Column('timestamptz') requestedAt!: Date;
  @Column('text') state!: string;
  @Column({ type: 'timestamptz', nullable: true }) finishedAt!: Date | null;
  @Column({ type: 'jsonb', default: {} }) removed!: unknown;
  @Column({ type: 'text', nullable: true }) detail!: string | null;
}
