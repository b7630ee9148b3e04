import { TenantsAndAccess1763700000001 } from './0001-tenants-and-access.js';
import { Devices1763700000002 } from './0002-devices.js';
import { TwinsAndConfigs1763700000003 } from './0003-twins-and-configs.js';
import { Identity1763700000004 } from './0004-identity.js';
import { Commands1763700000005 } from './0005-commands.js';
import { Releases1763700000006 } from './0006-releases.js';
import { Campaigns1763700000007 } from './0007-campaigns.js';
import { Telemetry1763700000008 } from './0008-telemetry.js';
import { OutboxAndAudit1763700000009 } from './0009-outbox-and-audit.js';
import { Grants1763700000010 } from './0010-grants.js';
import { TwinHistory1763700000011 } from './0011-twin-history.js';
import { CampaignEvidence1763700000012 } from './0012-campaign-evidence.js';
import { ExecutionsByOffer1763700000013 } from './0013-executions-by-offer.js';
import { ReleaseContents1763700000014 } from './0014-release-contents.js';
import { CampaignBrakes1763700000015 } from './0015-campaign-brakes.js';
import { SeparateSigner1763700000016 } from './0016-separate-signer.js';
import { DeltaLeases1763700000017 } from './0017-delta-leases.js';
import { CampaignSites1763700000018 } from './0018-campaign-sites.js';
import { MetricFacts1763700000019 } from './0019-metric-facts.js';
import { RollupSpans1763700000020 } from './0020-rollup-spans.js';
import { TiersAndRetention1763700000021 } from './0021-tiers-and-retention.js';
import { ClockAnchors1763700000022 } from './0022-clock-anchors.js';
import { IngestMinutes1763700000023 } from './0023-ingest-minutes.js';
import { Anomalies1763700000024 } from './0024-anomalies.js';
import { ArchiveLeftovers1763700000025 } from './0025-archive-leftovers.js';
import { RetentionLooks1763700000026 } from './0026-retention-looks.js';
import { RollupFlags1763700000027 } from './0027-rollup-flags.js';
import { MetricsDescribed1763700000029 } from './0029-metrics-described.js';
import { DeadLetterLimits1763700000031 } from './0031-dead-letter-limits.js';
import { TrustGenerations1763700000032 } from './0032-trust-generations.js';
import { WaysIn1763700000033 } from './0033-ways-in.js';
import { CertificateFacts1763700000034 } from './0034-certificate-facts.js';
import { ClonesAndSwaps1763700000035 } from './0035-clones-and-swaps.js';
import { KeysOnce1763700000037 } from './0037-keys-once.js';
import { TrustFindings1763700000042 } from './0042-trust-findings.js';

/** In the order they are applied. One change a file; a shipped file never changes. */
export const migrations = [
  TenantsAndAccess1763700000001,
  Devices1763700000002,
  TwinsAndConfigs1763700000003,
  Identity1763700000004,
  Commands1763700000005,
  Releases1763700000006,
  Campaigns1763700000007,
  Telemetry1763700000008,
  OutboxAndAudit1763700000009,
  Grants1763700000010,
  TwinHistory1763700000011,
  CampaignEvidence1763700000012,
  ExecutionsByOffer1763700000013,
  ReleaseContents1763700000014,
  CampaignBrakes1763700000015,
  SeparateSigner1763700000016,
  DeltaLeases1763700000017,
  CampaignSites1763700000018,
  MetricFacts1763700000019,
  RollupSpans1763700000020,
  TiersAndRetention1763700000021,
  ClockAnchors1763700000022,
  IngestMinutes1763700000023,
  Anomalies1763700000024,
  ArchiveLeftovers1763700000025,
  RetentionLooks1763700000026,
  MetricsDescribed1763700000029,
  RollupFlags1763700000027,
  DeadLetterLimits1763700000031,
  TrustGenerations1763700000032,
  WaysIn1763700000033,
  CertificateFacts1763700000034,
  ClonesAndSwaps1763700000035,
  KeysOnce1763700000037,
  TrustFindings1763700000042,
];
