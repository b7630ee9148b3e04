import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('twins')
export class TwinEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @Column({ type: 'jsonb', default: {} }) desired!: unknown;
  @Column({ type: 'bigint', default: 0 }) desiredVersion!: number;
  @Column({ type: 'timestamptz', nullable: true }) desiredAt!: Date | null;
  @Column({ type: 'jsonb', default: {} }) reported!: unknown;
  @Column({ type: 'bigint', default: 0 }) reportedVersion!: number;
  @Column({ type: 'timestamptz', nullable: true }) reportedAt!: Date | null;
  @Column({ type: 'bigint', default: 0 }) ackedVersion!: number;
  @Column({ type: 'jsonb', nullable: true }) ack!: unknown;
}

@Entity('twin_revisions')
export class TwinRevisionEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @PrimaryColumn('bigint') version!: number;
  @Column('jsonb') patch!: unknown;
  @Column('jsonb') undo!: unknown;
  @Column('text') actor!: string;
  @Column('timestamptz') at!: Date;
}

@Entity('drifts')
export class DriftEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @PrimaryColumn('text') path!: string;
  @Column('text') class!: string;
  @Column({ type: 'jsonb', nullable: true }) desired!: unknown;
  @Column({ type: 'jsonb', nullable: true }) reported!: unknown;
  @Column({ type: 'text', nullable: true }) cause!: string | null;
  @Column('timestamptz') since!: Date;
}
