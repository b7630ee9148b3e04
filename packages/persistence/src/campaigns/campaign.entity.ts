import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('campaigns')
export class CampaignEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column({ type: 'uuid', nullable: true }) parentId!: string | null;
  @Column('text') kind!: string;
  @Column('text') name!: string;
  @Column({ type: 'text', default: 'draft' }) state!: string;
  @Column({ type: 'text', nullable: true }) reasonCode!: string | null;
  @Column({ type: 'text', nullable: true }) reasonDetail!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column({ type: 'uuid', nullable: true }) releaseId!: string | null;
  @Column({ type: 'uuid', nullable: true }) configId!: string | null;
  @Column({ type: 'int', nullable: true }) configNumber!: number | null;
  @Column({ type: 'jsonb', nullable: true }) command!: unknown;
  @Column({ type: 'jsonb', default: {} }) selector!: unknown;
  @Column('jsonb') plan!: unknown;
  @Column({ type: 'jsonb', default: {} }) counters!: unknown;
  @Column({ type: 'int', nullable: true }) currentWave!: number | null;
  @Column({ type: 'text', nullable: true }) leaseOwner!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) leaseUntil!: Date | null;
  @Column({ type: 'bigint', default: 0 }) fence!: number;
  @Column('text') createdBy!: string;
  @Column({ type: 'text', nullable: true }) approvedBy!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) createdAt!: Date;
  @Column({ type: 'timestamptz', nullable: true }) startedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) finishedAt!: Date | null;
  @Column({ type: 'int', default: 1 }) version!: number;
  @Column({ type: 'timestamptz', nullable: true }) attentionAt!: Date | null;
  @Column({ type: 'uuid', nullable: true }) retryOf!: string | null;
  @Column({ type: 'uuid', nullable: true }) supersedes!: string | null;
  @Column({ type: 'timestamptz', nullable: true }) startAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) stalledAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) joinedAt!: Date | null;
}

@Entity('campaign_waves')
export class CampaignWaveEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') campaignId!: string;
  @PrimaryColumn('int') n!: number;
  @Column({ type: 'text', default: 'planned' }) state!: string;
  @Column({ type: 'text', nullable: true }) reasonCode!: string | null;
  @Column({ type: 'text', nullable: true }) reasonDetail!: string | null;
  @Column({ type: 'timestamptz', default: () => 'now()' }) since!: Date;
  @Column('int') cumulative!: number;
  @Column('int') size!: number;
  @Column({ type: 'timestamptz', nullable: true }) openedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) soakUntil!: Date | null;
  @Column({ type: 'jsonb', default: {} }) counters!: unknown;
  @Column({ type: 'jsonb', default: {} }) forgiven!: unknown;
  @Column({ type: 'jsonb', default: {} }) evidence!: unknown;
  @Column({ type: 'timestamptz', nullable: true }) judgedAt!: Date | null;
  @Column({ type: 'timestamptz', nullable: true }) movedAt!: Date | null;
  @Column({ type: 'bigint', default: 0 }) bytesSent!: number;
  @Column({ type: 'bigint', default: 0 }) bytesSpared!: number;
}

@Entity('campaign_targets')
export class CampaignTargetEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') campaignId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @Column('int') wave!: number;
  @Column('int') position!: number;
  @Column({ type: 'uuid', nullable: true }) previousReleaseId!: string | null;
  @Column({ type: 'text', nullable: true }) previousVersion!: string | null;
}

@Entity('campaign_exclusions')
export class CampaignExclusionEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') campaignId!: string;
  @PrimaryColumn('uuid') deviceId!: string;
  @Column('text') reasonCode!: string;
  @Column({ type: 'text', nullable: true }) reasonDetail!: string | null;
}

@Entity('campaign_sites')
export class CampaignSiteEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') campaignId!: string;
  @PrimaryColumn('text') site!: string;
  @Column('int') targets!: number;
}

@Entity('freezes')
export class FreezeEntity {
  @PrimaryColumn('text') tenantId!: string;
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('timestamptz') startsAt!: Date;
  @Column('timestamptz') endsAt!: Date;
  @Column({ type: 'text', array: true, nullable: true }) sites!: string[] | null;
  @Column('text') createdBy!: string;
  @Column('timestamptz') createdAt!: Date;
}
