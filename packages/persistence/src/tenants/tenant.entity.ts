import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('tenants')
export class TenantEntity {
  @PrimaryColumn('text') id!: string;
  @Column('text') name!: string;
  @Column({ type: 'timestamptz', nullable: true }) killSwitchAt!: Date | null;
  @Column({ type: 'text', nullable: true }) killSwitchBy!: string | null;
  @Column({ type: 'text', nullable: true }) killSwitchReason!: string | null;
  @Column({ type: 'boolean', default: false }) separateSigner!: boolean;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
}
