import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('anomalies')
export class AnomalyEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') tenantId!: string;
  @Column('int') deviceKey!: number;
  @Column({ type: 'int', default: 0 }) placeId!: number;
  @Column({ type: 'int', default: 0 }) metric!: number;
  @Column('text') kind!: string;
  @Column('text') state!: string;
  @Column('timestamptz') since!: Date;
  @Column('timestamptz') lastSeenAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) closedAt!: Date | null;
  @Column({ type: 'float8', nullable: true }) score!: number | null;
  @Column({ type: 'float8', nullable: true }) observed!: number | null;
  @Column({ type: 'float8', nullable: true }) expected!: number | null;
  @Column('text') sentence!: string;
}

@Entity('series_baselines')
export class SeriesBaselineEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @PrimaryColumn({ type: 'int', default: 0 }) placeId!: number;
  @PrimaryColumn('int') metric!: number;
  @Column('timestamptz') nextAt!: Date;
  @Column({ type: 'jsonb', nullable: true }) profile!: unknown;
  @Column({ type: 'jsonb', nullable: true }) days!: unknown;
}

@Entity('anomaly_looks')
export class AnomalyLookEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @Column({ type: 'timestamptz', nullable: true }) dueFrom!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) judgedUntil!: Date | null;
}
