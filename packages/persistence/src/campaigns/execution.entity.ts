import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('executions')
export class ExecutionEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') campaignId!: string;
  @Column('uuid') deviceId!: string;
  @Column({ type: 'int', default: 1 }) attempt!: number;
  @Column('int') wave!: number;
  @Column({ type: 'text', default: 'queued' }) state!: string;
  @Column({ type: 'text', nullable: true }) reasonCode!: string | null;
  @Column({ type: 'text', nullable: true }) reasonDetail!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column({ type: 'uuid', nullable: true }) releaseId!: string | null;
  @Column({ type: 'uuid', nullable: true }) previousReleaseId!: string | null;
  @Column({ type: 'text', nullable: true }) phase!: string | null;
  @Column({ type: 'int', nullable: true }) progress!: number | null;
  @Column({ type: 'timestamptz', nullable: true }) offeredAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) deadlineAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) stepDeadlineAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) soakUntil!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) finishedAt!: Date | null;
  @Column({ type: 'boolean', default: false }) provisional!: boolean;
  @Column({ type: 'int', default: 1 }) version!: number;
  @Column({ type: 'int', default: 0 }) position!: number;
  /** Of its device; '' without one. */
  @Column({ type: 'text', default: '' }) site!: string;
  @Column({ type: 'timestamptz', nullable: true }) notBefore!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) acceptedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) bootedAt!: Date | null;
  @Column({ type: 'bigint', default: 0 }) bytesSent!: number;
  @Column({ type: 'bigint', default: 0 }) bytesSpared!: number;
}

@Entity('decision_records')
export class DecisionRecordEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') campaignId!: string;
  @PrimaryColumn('bigint') seq!: number;
  @Column({ type: 'int', nullable: true }) wave!: number | null;
  @Column('timestamptz') at!: Date;
  @Column('text') kind!: string;
  @Column({ type: 'text', nullable: true }) verdict!: string | null;
  @Column('text') code!: string;
  @Column({ type: 'jsonb', default: {} }) inputs!: unknown;
  @Column({ type: 'jsonb', default: {} }) limits!: unknown;
  @Column('text') sentence!: string;
}
