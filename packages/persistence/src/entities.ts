import {
  ApiKeyEntity,
  IdempotencyKeyEntity,
  MembershipEntity,
  SessionEntity,
  SignInLinkEntity,
  UserEntity,
} from './access/access.entity.js';
import { AuditEntryEntity, AuditHeadEntity } from './audit/audit.entity.js';
import {
  CampaignEntity,
  CampaignExclusionEntity,
  CampaignSiteEntity,
  CampaignTargetEntity,
  CampaignWaveEntity,
  FreezeEntity,
} from './campaigns/campaign.entity.js';
import { DecisionRecordEntity, ExecutionEntity } from './campaigns/execution.entity.js';
import { CertificateEntity } from './certificates/certificates.entity.js';
import { CommandEntity } from './commands/command.entity.js';
import { GoldenConfigEntity, GoldenConfigVersionEntity } from './configs/config.entity.js';
import {
  DeviceClassEntity,
  DeviceEntity,
  DeviceEventEntity,
  DeviceStateEntity,
  SiteEntity,
} from './devices/device.entity.js';
import { DriftEntity, TwinEntity, TwinRevisionEntity } from './devices/twin.entity.js';
import { EnrollmentTokenEntity } from './enrollment/enrollment.entity.js';
import {
  MailEntity,
  MailRecipientEntity,
  NotificationEntity,
  WebhookDeliveryEntity,
  WebhookEntity,
} from './notifications/notification.entity.js';
import { AppliedLetterEntity, LetterEntity } from './outbox/outbox.entity.js';
import {
  ArtifactEntity,
  DeltaEntity,
  DeviceReleaseEntity,
  ReleaseEntity,
  SbomComponentEntity,
  SbomEntity,
} from './releases/release.entity.js';
import { AnomalyEntity, AnomalyLookEntity, SeriesBaselineEntity } from './telemetry/anomaly.entity.js';
import { ClockAnchorEntity } from './telemetry/clock-anchor.entity.js';
import {
  IngestFloodEntity,
  IngestProcessEntity,
  IngestSlotEntity,
  WatchedDeviceEntity,
} from './telemetry/ingest-minute.entity.js';
import {
  ArchiveEntity,
  ArchiveLeftoverEntity,
  PurgeEntity,
  RawEndedEntity,
  RetentionDoneEntity,
  RetentionPolicyEntity,
} from './telemetry/retention.entity.js';
import {
  DailyRollupEntity,
  DeadLetterEntity,
  DeadLetterTallyEntity,
  DirtyDayEntity,
  DirtyHourEntity,
  HourlyRollupEntity,
  LatestValueEntity,
  MessageEntity,
  MetricEntity,
  PlaceEntity,
  WeeklyRollupEntity,
} from './telemetry/telemetry.entity.js';
import { TenantEntity } from './tenants/tenant.entity.js';
import { AuthorityEntity, SigningKeyEntity } from './trust/trust.entity.js';

/** Every table as a class. Stores may query through them; a test compares them with the migrated schema. */
export const entities = [
  AnomalyEntity,
  AnomalyLookEntity,
  ApiKeyEntity,
  AppliedLetterEntity,
  ArchiveEntity,
  ArchiveLeftoverEntity,
  ArtifactEntity,
  AuditEntryEntity,
  AuditHeadEntity,
  AuthorityEntity,
  CampaignEntity,
  CampaignExclusionEntity,
  CampaignSiteEntity,
  CampaignTargetEntity,
  CampaignWaveEntity,
  CertificateEntity,
  ClockAnchorEntity,
  CommandEntity,
  DailyRollupEntity,
  DeadLetterEntity,
  DeadLetterTallyEntity,
  DecisionRecordEntity,
  DeltaEntity,
  DeviceClassEntity,
  DeviceEntity,
  DeviceEventEntity,
  DeviceReleaseEntity,
  DeviceStateEntity,
  DirtyDayEntity,
  DirtyHourEntity,
  DriftEntity,
  EnrollmentTokenEntity,
  ExecutionEntity,
  FreezeEntity,
  GoldenConfigEntity,
  GoldenConfigVersionEntity,
  HourlyRollupEntity,
  IdempotencyKeyEntity,
  IngestFloodEntity,
  IngestProcessEntity,
  IngestSlotEntity,
  LatestValueEntity,
  LetterEntity,
  MailEntity,
  MailRecipientEntity,
  MembershipEntity,
  MessageEntity,
  MetricEntity,
  NotificationEntity,
  PlaceEntity,
  PurgeEntity,
  RawEndedEntity,
  ReleaseEntity,
  RetentionDoneEntity,
  RetentionPolicyEntity,
  SbomComponentEntity,
  SbomEntity,
  SeriesBaselineEntity,
  SessionEntity,
  SignInLinkEntity,
  SigningKeyEntity,
  SiteEntity,
  TenantEntity,
  TwinEntity,
  TwinRevisionEntity,
  UserEntity,
  WatchedDeviceEntity,
  WebhookDeliveryEntity,
  WebhookEntity,
  WeeklyRollupEntity,
];
