import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('golden_configs')
export class GoldenConfigEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') layer!: string;
  @Column({ type: 'jsonb', default: {} }) selector!: unknown;
  @Column({ type: 'int', default: 1 }) version!: number;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'text', default: 'report' }) policy!: string;
}

@Entity('golden_config_versions')
export class GoldenConfigVersionEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') configId!: string;
  @PrimaryColumn('int') number!: number;
  @Column({ type: 'text', default: 'draft' }) state!: string;
  @Column('jsonb') document!: unknown;
  @Column({ type: 'text', nullable: true }) notes!: string | null;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) publishedAt!: Date | null;
}
