import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('enrollment_tokens')
export class EnrollmentTokenEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') prefix!: string;
  @Column('text') secretHash!: string;
  @Column({ type: 'int', default: 1 }) maxUses!: number;
  @Column({ type: 'int', default: 0 }) uses!: number;
  @Column({ type: 'text', nullable: true }) site!: string | null;
  @Column({ type: 'text', nullable: true }) class!: string | null;
  @Column({ type: 'jsonb', default: {} }) labels!: unknown;
  @Column({ type: 'text', nullable: true }) model!: string | null;
  @Column({ type: 'text', nullable: true }) serial!: string | null;
  @Column({ type: 'uuid', nullable: true }) deviceId!: string | null;
  @Column('timestamptz') expiresAt!: Date;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) revokedAt!: Date | null;
}
