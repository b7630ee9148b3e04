import type { Device, DeviceEvent, DeviceSummary, Drift, Twin } from '@muster/contracts/devices/devices.schema';
import type { DeviceDetailRow } from '@muster/persistence/devices/device.store';
import type { DeviceEventRow } from '@muster/persistence/devices/device-event.store';
import type { DeviceListRow } from '@muster/persistence/devices/device-list.store';
import type { DriftRow } from '@muster/persistence/devices/drift.store';
import type { TwinRow } from '@muster/persistence/devices/twin.store';

const instant = (at: Date | null): string | null => at?.toISOString() ?? null;

export const toSummary = (row: Omit<DeviceListRow, 'sortKey'>): DeviceSummary => ({
  id: row.id,
  name: row.name,
  serial: row.serial,
  model: row.model,
  hardwareRevision: row.hardwareRevision,
  class: row.class,
  site: row.site,
  labels: row.labels,
  state: row.state,
  presence: row.presence,
  lastSeenAt: instant(row.lastSeenAt),
  firmwareVersion: row.firmwareVersion,
  agentVersion: row.agentVersion,
  health: row.health,
  driftCount: row.driftCount,
  certificateNotAfter: instant(row.certificateNotAfter),
  synthetic: row.synthetic,
  pinned: row.pinned,
  createdAt: row.createdAt.toISOString(),
});

export const toDevice = (row: DeviceDetailRow, now: Date): Device => ({
  ...toSummary(row),
  reasonCode: row.reasonCode,
  reasonDetail: row.reasonDetail,
  since: row.since.toISOString(),
  timezone: row.timezone,
  updatesBlockedUntil:
    row.updatesBlockedUntil !== null && row.updatesBlockedUntil > now ? instant(row.updatesBlockedUntil) : null,
  heartbeatS: row.heartbeatS,
  missedHeartbeats: row.missedHeartbeats,
  presenceSince: row.presence === 'never' ? null : instant(row.presenceSince),
  connected: row.connected,
  predecessorId: row.predecessorId,
  successorId: row.successorId,
  cloneSuspectedAt: instant(row.cloneSuspectedAt),
  lastKnownGood: row.lastKnownGood && {
    ...row.lastKnownGood,
    confirmedAt: new Date(row.lastKnownGood.confirmedAt).toISOString(),
  },
  desiredVersion: row.desiredVersion,
  reportedVersion: row.reportedVersion,
  ackedVersion: row.ackedVersion,
  version: row.version,
});

/** `predecessor` is the hardware it happened to, where that is not the device itself. */
export const toEvent = (
  { id, at, kind, summary, facts }: DeviceEventRow,
  predecessor: DeviceEvent['predecessor'],
): DeviceEvent => ({ id, at: at.toISOString(), kind, summary, facts, predecessor });

export const toDrift = (row: DriftRow & { readonly deviceName: string }): Drift => ({
  deviceId: row.deviceId,
  deviceName: row.deviceName,
  path: row.path,
  class: row.class,
  desired: row.desired,
  reported: row.reported,
  cause: row.cause,
  since: row.since.toISOString(),
});

export const toTwin = (row: TwinRow, deviceName: string, drifts: readonly DriftRow[]): Twin => ({
  deviceId: row.deviceId,
  desired: row.desired,
  desiredVersion: row.desiredVersion,
  desiredAt: instant(row.desiredAt),
  reported: row.reported,
  reportedVersion: row.reportedVersion,
  reportedAt: instant(row.reportedAt),
  ackedVersion: row.ackedVersion,
  drifts: drifts.map((drift) => toDrift({ ...drift, deviceName })),
});
