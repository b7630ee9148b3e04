import type { Sighting } from '@muster/persistence/devices/heartbeat.store';
import type { Uplink } from '@muster/telemetry/decode-uplink';
import type { RegisteredDevice } from './device-registry.js';

/** What one heartbeat says, and when it arrived. */
export interface HeartbeatNews {
  readonly uplink: Uplink<'heartbeat'>;
  readonly receivedAt: Date;
  /** Where it came from, as far as its door tells. */
  readonly address?: string | undefined;
}

export type DeviceSighting = Sighting & { readonly device: RegisteredDevice };

/** One sighting a device from everything a batch says of it, in the order it arrived. */
export function sightingsOf(
  drafts: readonly { readonly device: RegisteredDevice; readonly news: HeartbeatNews | null }[],
): DeviceSighting[] {
  const sightings = new Map<number, DeviceSighting>();
  for (const { device, news } of drafts) {
    if (news === null) continue;
    sightings.set(device.deviceKey, fold(sightings.get(device.deviceKey), device, news));
  }
  return [...sightings.values()];
}

const fold = (known: DeviceSighting | undefined, device: RegisteredDevice, news: HeartbeatNews): DeviceSighting => {
  const { uplink, receivedAt } = news;
  const alive = uplink.reason !== 'offline';
  const session = {
    device,
    deviceKey: device.deviceKey,
    at: receivedAt,
    connected: alive,
    openedAt: uplink.reason === 'connected' ? receivedAt : (known?.openedAt ?? null),
  };
  if (!alive || (known && isOvertaken(known, uplink))) return { ...nothing, ...known, ...session };
  return {
    ...session,
    health: healthOf(uplink),
    lastSeq: uplink.seqNo,
    lastProducedAt: new Date(uplink.producedAt),
    firmwareVersion: uplink.firmwareVersion ?? known?.firmwareVersion ?? null,
    agentVersion: uplink.agentVersion ?? known?.agentVersion ?? null,
  };
};

const nothing = { health: null, lastSeq: null, lastProducedAt: null, firmwareVersion: null, agentVersion: null };

/** Older by number and by the device's clock; by one alone it may be a device that lost its numbers or its time. */
const isOvertaken = (known: DeviceSighting, { seqNo, producedAt }: Uplink<'heartbeat'>): boolean =>
  known.lastSeq !== null && seqNo < known.lastSeq && new Date(producedAt) < known.lastProducedAt!;

/** The parts of a heartbeat worth keeping beside the device, without its header. */
export const healthOf = (uplink: Uplink<'heartbeat'>): Record<string, unknown> => {
  const { status, uptimeS, bootId, twinVersion, connectivity, checks, buffered, reason } = uplink;
  return { reason, status, uptimeS, bootId, twinVersion, connectivity, checks, buffered };
};
