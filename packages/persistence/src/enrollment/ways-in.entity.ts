import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('enrollment_settings')
export class EnrollmentSettingsEntity {
  @PrimaryColumn('text') tenantId!: string;
  @Column({ type: 'boolean', default: false }) operatorApproval!: boolean;
  @Column({ type: 'int', default: 1000 }) maxPending!: number;
  @Column({ type: 'int', nullable: true }) maxDevices!: number | null;
  @Column({ type: 'int', default: 6000 }) enrollmentsPerMinute!: number;
  @Column({ type: 'int', default: 7776000 }) leafLifeS!: number;
  @Column({ type: 'int', default: 2592000 }) graceS!: number;
  @Column({ type: 'boolean', default: false }) rsaKeys!: boolean;
  @Column({ type: 'int', default: 1 }) version!: number;
}

@Entity('claim_batches')
export class ClaimBatchEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('int') quota!: number;
  @Column({ type: 'int', nullable: true }) hourlyQuota!: number | null;
  @Column({ type: 'int', default: 0 }) enrolled!: number;
  @Column({ type: 'text', default: 'queue' }) unlisted!: string;
  @Column('text') class!: string;
  @Column({ type: 'text', nullable: true }) site!: string | null;
  @Column({ type: 'jsonb', default: {} }) labels!: unknown;
  @Column({ type: 'text', nullable: true }) model!: string | null;
  @Column('uuid') authorityId!: string;
  @Column('text') serial!: string;
  @Column('text') fingerprint!: string;
  @Column('text') pem!: string;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column('timestamptz') expiresAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) revokedAt!: Date | null;
}

@Entity('claim_serials')
export class ClaimSerialEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') batchId!: string;
  @PrimaryColumn('text') serial!: string;
  @Column({ type: 'timestamptz', nullable: true }) usedAt!: Date | null;
  @Column({ type: 'uuid', nullable: true }) deviceId!: string | null;
}

@Entity('manufacturers')
export class ManufacturerEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column({ type: 'text', default: 'unproven' }) state!: string;
  @Column('text') certificatePem!: string;
  @Column('text') fingerprint!: string;
  @Column('text') keyId!: string;
  @Column('text') keyHash!: string;
  @Column('text') model!: string;
  @Column('text') serialFrom!: string;
  @Column('text') approval!: string;
  @Column('text') class!: string;
  @Column({ type: 'text', nullable: true }) site!: string | null;
  @Column({ type: 'jsonb', default: {} }) labels!: unknown;
  @Column({ type: 'text', nullable: true }) challenge!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) challengeExpiresAt!: Date | null;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) provenAt!: Date | null;
}

@Entity('registered_keys')
export class RegisteredKeyEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') deviceId!: string;
  @Column('text') keyHash!: string;
  @Column('text') createdBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) usedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) revokedAt!: Date | null;
}

@Entity('approvals')
export class ApprovalEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'text', default: 'pending' }) state!: string;
  @Column('text') kind!: string;
  @Column({ type: 'uuid', nullable: true }) sourceId!: string | null;
  @Column('text') model!: string;
  @Column('text') serial!: string;
  @Column({ type: 'text', nullable: true }) name!: string | null;
  @Column({ type: 'uuid', nullable: true }) deviceId!: string | null;
  @Column('text') keyHash!: string;
  @Column('text') keyAlgorithm!: string;
  @Column('jsonb') claim!: unknown;
  @Column('text') requestHash!: string;
  @Column({ type: 'text', nullable: true }) address!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', default: () => 'now()' }) lastAskedAt!: Date;
  @Column('timestamptz') expiresAt!: Date;
  @Column({ type: 'text', nullable: true }) decidedBy!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) decidedAt!: Date | null;
  @Column({ type: 'text', nullable: true }) reason!: string | null;
}

@Entity('readmissions')
export class ReadmissionEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @Column('text') reason!: string;
  @Column('text') grantedBy!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) grantedAt!: Date;
}

@Entity('enrollment_minutes')
export class EnrollmentMinuteEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('timestamptz') minute!: Date;
  @PrimaryColumn('text') code!: string;
  @Column('int') n!: number;
}
