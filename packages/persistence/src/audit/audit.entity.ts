import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('audit_heads')
export class AuditHeadEntity {
  @PrimaryColumn('text') tenantId!: string;
  @Column({ type: 'bigint', default: 0 }) seq!: number;
  @Column('text') hash!: string;
}

@Entity('audit_entries')
export class AuditEntryEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('bigint') seq!: number;
  @Column('timestamptz') at!: Date;
  @Column('jsonb') actor!: unknown;
  @Column('text') action!: string;
  @Column('text') resource!: string;
  @Column('text') canonical!: string;
  @Column('text') prevHash!: string;
  @Column('text') hash!: string;
}
