import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

@Entity('metrics')
export class MetricEntity {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' }) id!: number;
  @Column('text') tenantId!: string;
  @Column('text') key!: string;
  @Column({ type: 'text', nullable: true }) unit!: string | null;
  @Column({ type: 'text', nullable: true }) title!: string | null;
  @Column({ type: 'text', default: 'gauge' }) kind!: string;
  @Column({ type: 'float8', nullable: true }) low!: number | null;
  @Column({ type: 'float8', nullable: true }) high!: number | null;
  @Column({ type: 'float8', nullable: true }) wrapAt!: number | null;
  @Column({ type: 'int', nullable: true }) stuckAfterS!: number | null;
  @Column({ type: 'int', nullable: true }) aliasOf!: number | null;
  @Column({ type: 'float8', default: 1 }) factor!: number;
  @Column({ type: 'float8', default: 0 }) shift!: number;
  @Column({ type: 'boolean', default: false }) personal!: boolean;
  @Column({ type: 'int', default: 1 }) version!: number;
}

@Entity('places')
export class PlaceEntity {
  @PrimaryGeneratedColumn('identity', { type: 'int', generatedIdentity: 'ALWAYS' }) id!: number;
  @Column('text') tenantId!: string;
  @Column('int') deviceKey!: number;
  @Column('text') path!: string;
  @Column({ type: 'text', nullable: true }) asset!: string | null;
}

@Entity('messages')
export class MessageEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @PrimaryColumn('timestamptz') producedAt!: Date;
  @PrimaryColumn('bigint') seqNo!: number;
  @PrimaryColumn('smallint') kind!: number;
  @Column({ type: 'int', nullable: true }) placeId!: number | null;
  @Column('timestamptz') receivedAt!: Date;
  @Column('smallint') schemaVersion!: number;
  @Column({ type: 'timestamptz', nullable: true }) correctedAt!: Date | null;
  @Column({ type: 'int', default: 0 }) flags!: number;
  @Column({ type: 'int', array: true, default: '{}' }) dtMs!: number[];
  @Column({ type: 'int', array: true, default: '{}' }) metric!: number[];
  @Column({ type: 'float8', array: true, default: '{}' }) value!: number[];
  @Column({ type: 'jsonb', nullable: true }) extra!: unknown;
  @Column({ type: 'smallint', array: true, nullable: true }) quality!: number[] | null;
}

@Entity('latest_values')
export class LatestValueEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @PrimaryColumn({ type: 'int', default: 0 }) placeId!: number;
  @PrimaryColumn('int') metric!: number;
  @Column('text') tenantId!: string;
  @Column('timestamptz') at!: Date;
  @Column({ type: 'float8', nullable: true }) value!: number | null;
}

/** Hours, days and weeks have the same columns. */
abstract class RollupEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @PrimaryColumn({ type: 'int', default: 0 }) placeId!: number;
  @PrimaryColumn('int') metric!: number;
  @PrimaryColumn('timestamptz') bucket!: Date;
  @Column('int') n!: number;
  @Column('float8') sum!: number;
  @Column('float8') min!: number;
  @Column('float8') max!: number;
  @Column('float8') first!: number;
  @Column('timestamptz') firstAt!: Date;
  @Column('float8') last!: number;
  @Column('timestamptz') lastAt!: Date;
  @Column({ type: 'float8', nullable: true }) delta!: number | null;
  @Column({ type: 'int', default: 0 }) resets!: number;
  @Column({ type: 'int', default: 0 }) bad!: number;
  @Column({ type: 'smallint', default: 0 }) flags!: number;
}

@Entity('telemetry_hourly')
export class HourlyRollupEntity extends RollupEntity {}

@Entity('telemetry_daily')
export class DailyRollupEntity extends RollupEntity {}

@Entity('telemetry_weekly')
export class WeeklyRollupEntity extends RollupEntity {}

@Entity('rollup_dirty')
export class DirtyHourEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @PrimaryColumn('timestamptz') bucket!: Date;
  @Column({ type: 'timestamptz', default: () => 'now()' }) markedAt!: Date;
}

@Entity('rollup_dirty_days')
export class DirtyDayEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @PrimaryColumn('timestamptz') bucket!: Date;
  @Column({ type: 'timestamptz', default: () => 'now()' }) markedAt!: Date;
}

@Entity('dead_letters')
export class DeadLetterEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('timestamptz') receivedAt!: Date;
  @Column({ type: 'text', nullable: true }) tenantId!: string | null;
  @Column({ type: 'uuid', nullable: true }) deviceId!: string | null;
  @Column('text') topic!: string;
  @Column('text') reason!: string;
  @Column({ type: 'text', nullable: true }) detail!: string | null;
  @Column('bytea') body!: Buffer;
  @Column({ type: 'text', default: 'open' }) state!: string;
  @Column({ type: 'text', nullable: true }) resolvedBy!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) resolvedAt!: Date | null;
  @Column({ type: 'boolean', default: false }) summary!: boolean;
  @Column({ type: 'bigint', default: 1 }) times!: number;
  @Column({ type: 'timestamptz', nullable: true }) lastAt!: Date | null;
}

@Entity('dead_letter_tallies')
export class DeadLetterTallyEntity {
  @PrimaryColumn('uuid') deviceId!: string;
  @Column({ type: 'text', nullable: true }) tenantId!: string | null;
  @Column('int') open!: number;
  @Column('bigint') bytes!: number;
}
