import type { DeviceReason } from '@muster/contracts/reasons';
import type { FreeDisk } from '../ports/disk-space.js';
import type { PowerReading, PowerSource } from '../ports/power-source.js';
import type { OrderTerms } from './execution-state.js';

/** How the device is right now, as far as it can tell. */
export interface Conditions {
  power: PowerReading;
  /** Null where the device cannot tell. */
  freeBytes: number | null;
}

export async function readConditions(ports: { powerSource: PowerSource; freeDisk: FreeDisk }): Promise<Conditions> {
  const [power, freeBytes] = await Promise.all([ports.powerSource(), ports.freeDisk()]);
  return { power, freeBytes };
}

export interface ReadinessFacts extends Conditions {
  terms: Pick<OrderTerms, 'preconditions' | 'window'>;
  /** What is still to be stored. */
  neededBytes: number;
  /** Downloading may begin a while before the window opens, installing may not. */
  about: 'offer' | 'install';
  now: Date;
}

export interface Deferral {
  code: DeviceReason;
  detail: string;
  retryAfterS: number;
}

const WINDOW_RETRY_S = 900;
/** The longest wait a report may name. */
const LONGEST_RETRY_S = 86_400;
/** So long before its window a device takes an offer, to be done with the download when it opens. */
const EARLY_S = 3_600;
const MAINS_RETRY_S = 900;
const BATTERY_RETRY_S = 1_800;
const DISK_RETRY_S = 3_600;
/** Megabytes as people count them, in heartbeats and preconditions alike. */
export const MEGABYTE = 1_000_000;

/** Why not now, or null. The device forgets what it deferred; the server asks again. */
export function judgeReadiness({ terms, about, now, power, freeBytes, neededBytes }: ReadinessFacts): Deferral | null {
  const { preconditions = {}, window } = terms;
  const closed = window && outside(window, about, now);
  if (closed) return closed;
  if (preconditions.mainsPower && power.source === 'battery')
    return later('mains_required', 'the device runs on battery', MAINS_RETRY_S);
  const { minBatteryPercent, minFreeDiskMb = 0 } = preconditions;
  if (minBatteryPercent !== undefined && !isCharged(power, minBatteryPercent)) {
    const level = power.batteryPercent === undefined ? 'unknown' : `${power.batteryPercent}%`;
    return later('battery_low', `the battery is at ${level}; ${minBatteryPercent}% are asked for`, BATTERY_RETRY_S);
  }
  const asked = Math.max(neededBytes, minFreeDiskMb * MEGABYTE);
  if (freeBytes !== null && freeBytes < asked)
    return later('disk_full', `${inMb(freeBytes)} MB are free; ${inMb(asked)} MB are needed`, DISK_RETRY_S);
  return null;
}

function outside(window: NonNullable<OrderTerms['window']>, about: 'offer' | 'install', now: Date): Deferral | null {
  const detail = `the window is ${window.opensAt} to ${window.closesAt}`;
  if (now >= new Date(window.closesAt)) return later('window_closed', detail, WINDOW_RETRY_S);
  const opensInS = Math.ceil((new Date(window.opensAt).getTime() - now.getTime()) / 1000);
  if (opensInS <= (about === 'offer' ? EARLY_S : 0)) return null;
  return later('window_closed', detail, Math.min(opensInS, LONGEST_RETRY_S));
}

const later = (code: DeviceReason, detail: string, retryAfterS: number): Deferral => ({ code, detail, retryAfterS });

/** A device that runs on a battery of unknown level cannot promise anything; one that knows of no battery has none. */
const isCharged = ({ source, batteryPercent }: PowerReading, least: number): boolean =>
  batteryPercent === undefined ? source !== 'battery' : batteryPercent >= least;

const inMb = (bytes: number): number => Math.ceil(bytes / MEGABYTE);
