import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('ingest_slots')
export class IngestSlotEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('timestamptz') at!: Date;
  @PrimaryColumn('text') process!: string;
  @Column('int') stored!: number;
  @Column('bigint') readings!: number;
  @Column('int') duplicates!: number;
  @Column('int') deadLettered!: number;
  @Column('int') shed!: number;
  @Column('bigint') bytes!: number;
  @Column({ type: 'int', array: true }) commitMs!: number[];
  @Column({ type: 'int', array: true }) lagMs!: number[];
}

@Entity('ingest_floods')
export class IngestFloodEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @PrimaryColumn('text') process!: string;
  @Column('timestamptz') since!: Date;
  @Column('bigint') shed!: number;
  @Column('timestamptz') seenAt!: Date;
}

@Entity('ingest_processes')
export class IngestProcessEntity {
  @PrimaryColumn('text') name!: string;
  @Column({ type: 'text', array: true }) doors!: string[];
  @Column('int') waiting!: number;
  @Column('boolean') paused!: boolean;
  @Column('bigint') rssBytes!: number;
  @Column('timestamptz') seenAt!: Date;
}

@Entity('watched_devices')
export class WatchedDeviceEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @PrimaryColumn('text') process!: string;
  @Column('timestamptz') until!: Date;
}
