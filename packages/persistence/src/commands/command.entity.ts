import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('commands')
export class CommandEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') deviceId!: string;
  @Column('text') name!: string;
  @Column({ type: 'jsonb', default: {} }) args!: unknown;
  @Column({ type: 'text', default: 'queued' }) state!: string;
  @Column({ type: 'text', nullable: true }) reasonCode!: string | null;
  @Column({ type: 'text', nullable: true }) reasonDetail!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column('bigint') seq!: number;
  @Column('int') timeoutS!: number;
  @Column('timestamptz') expiresAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) sentAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) acknowledgedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) finishedAt!: Date | null;
  @Column({ type: 'jsonb', nullable: true }) result!: unknown;
  @Column({ type: 'jsonb', nullable: true }) progress!: unknown;
  @Column({ type: 'uuid', nullable: true }) executionId!: string | null;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'int', default: 1 }) version!: number;
}
