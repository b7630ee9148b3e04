import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('clock_anchors')
export class ClockAnchorEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @PrimaryColumn('text') bootId!: string;
  @PrimaryColumn('text') fault!: string;
  @Column('text') tenantId!: string;
  @Column('bigint') offsetMs!: number;
  @Column({ type: 'timestamptz', default: () => 'now()' }) madeAt!: Date;
}
