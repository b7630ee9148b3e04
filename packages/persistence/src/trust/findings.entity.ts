import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('trust_findings')
export class TrustFindingEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text') subject!: string;
  @Column('timestamptz') since!: Date;
  @Column('int') count!: number;
  @Column('timestamptz') foundAt!: Date;
}
