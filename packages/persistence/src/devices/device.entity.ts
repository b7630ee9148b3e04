import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('sites')
export class SiteEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('text') name!: string;
  @Column({ type: 'text', nullable: true }) region!: string | null;
  @Column({ type: 'text', default: 'UTC' }) timezone!: string;
}

@Entity('device_classes')
export class DeviceClassEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('text') name!: string;
  @Column({ type: 'int', default: 60 }) heartbeatS!: number;
  @Column({ type: 'int', default: 3 }) missedHeartbeats!: number;
}

@Entity('devices')
export class DeviceEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'int', generated: 'identity', generatedIdentity: 'ALWAYS' }) deviceKey!: number;
  @Column('text') name!: string;
  @Column('text') serial!: string;
  @Column('text') model!: string;
  @Column({ type: 'text', nullable: true }) hardwareRevision!: string | null;
  @Column('text') class!: string;
  @Column({ type: 'text', nullable: true }) site!: string | null;
  @Column({ type: 'jsonb', default: {} }) labels!: unknown;
  @Column({ type: 'text', default: 'pre_registered' }) state!: string;
  @Column({ type: 'text', nullable: true }) reasonCode!: string | null;
  @Column({ type: 'text', nullable: true }) reasonDetail!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column({ type: 'text', nullable: true }) firmwareVersion!: string | null;
  @Column({ type: 'uuid', nullable: true }) firmwareReleaseId!: string | null;
  @Column({ type: 'text', nullable: true }) agentVersion!: string | null;
  @Column({ type: 'boolean', default: false }) synthetic!: boolean;
  @Column({ type: 'boolean', default: false }) pinned!: boolean;
  @Column({ type: 'int', default: 1 }) version!: number;
  @Column({ type: 'bigint', default: 1 }) nextCommandSeq!: number;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', default: () => 'now()' }) updatedAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) updatesBlockedUntil!: Date | null;
  @Column({ type: 'uuid', nullable: true }) predecessorId!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) cloneSuspectedAt!: Date | null;
  @Column({ type: 'jsonb', nullable: true }) cloneEvidence!: unknown;
  @Column({ type: 'text', array: true, default: '{}' }) cloneDismissed!: string[];
}

@Entity('device_state')
export class DeviceStateEntity {
  @PrimaryColumn('int') deviceKey!: number;
  @Column('text') tenantId!: string;
  @Column('uuid') deviceId!: string;
  @Column({ type: 'timestamptz', nullable: true }) lastSeenAt!: Date | null;
  @Column({ type: 'boolean', default: false }) connected!: boolean;
  @Column({ type: 'timestamptz', nullable: true }) sessionSince!: Date | null;
  @Column({ type: 'text', default: 'never' }) presence!: string;
  @Column({ type: 'timestamptz', default: () => 'now()' }) presenceSince!: Date;
  @Column({ type: 'jsonb', nullable: true }) health!: unknown;
  @Column({ type: 'bigint', nullable: true }) lastSeq!: number | null;
  @Column({ type: 'timestamptz', nullable: true }) lastProducedAt!: Date | null;
}

@Entity('device_events')
export class DeviceEventEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('timestamptz') at!: Date;
  @Column('text') kind!: string;
  @Column('text') summary!: string;
  @Column({ type: 'jsonb', default: {} }) facts!: unknown;
}

@Entity('device_sightings')
export class DeviceSightingEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @PrimaryColumn('text') fingerprint!: string;
  @PrimaryColumn('text') address!: string;
  @Column('timestamptz') firstAt!: Date;
  @Column('timestamptz') lastAt!: Date;
  @Column({ type: 'int', default: 1 }) sessions!: number;
  @Column({ type: 'boolean', default: true }) connected!: boolean;
}
