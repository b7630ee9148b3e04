import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { CertificateState } from '@muster/contracts/certificates/certificates.schema';
import type { DeviceState, DriftClass, Presence } from '@muster/contracts/devices/devices.schema';
import type { ReleaseState } from '@muster/contracts/releases/releases.schema';
import type { AnomalyKind } from '@muster/contracts/telemetry/anomalies.schema';

type Raw = Readonly<Record<string, unknown>>;
type Reader<T> = (value: unknown) => T | undefined;

/** Any text of a sensible length. */
const text: Reader<string> = (value) =>
  (typeof value === 'string' || typeof value === 'number') && `${value}` !== '' && `${value}`.length <= 200
    ? `${value}`
    : undefined;

/** Metric keys with commas between them. */
const metricKeys: Reader<string> = (value) =>
  typeof value === 'string' && /^[a-z0-9_.,]{1,1000}$/.test(value) ? value : undefined;

/** A whole number from zero up, such as a version or a wave. */
const whole: Reader<number> = (value) => {
  const n = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof n === 'number' && Number.isSafeInteger(n) && n >= 0 ? n : undefined;
};

/** A time in ms since the epoch, within what a Date can hold. */
const instant: Reader<number> = (value) => {
  const at = whole(value);
  return at === undefined || at > 8.64e15 ? undefined : at;
};

/** One of the console's own words; another is dropped. */
const oneOf =
  <const T extends string>(words: readonly T[]): Reader<T> =>
  (value) =>
    words.find((word) => word === value);

/** A word of the contracts. The server is the judge of it and says so by name; shipping its schemas here would double the first load. */
const contractWord =
  <T extends string>(): Reader<T> =>
  (value) =>
    typeof value === 'string' && /^[a-z_]{1,40}$/.test(value) ? (value as T) : undefined;

type Shape = Readonly<Record<string, Reader<unknown>>>;
type SearchOf<S extends Shape> = { [K in keyof S]?: Exclude<ReturnType<S[K]>, undefined> | undefined };

/**
 * Reads the address of a page into its typed state. What a key may not say is said to be undefined: the router lays this
 * over what the address says, and would keep the raw word of a key that is absent.
 */
const search =
  <const S extends Shape>(shape: S) =>
  (raw: Raw): SearchOf<S> =>
    Object.fromEntries(Object.entries(shape).map(([key, read]) => [key, read(raw[key])])) as SearchOf<S>;

const yesNo = oneOf(['true', 'false']);

/** A month such as 2026-11. */
const month: Reader<string> = (value) =>
  typeof value === 'string' && /^\d{4}-(0[1-9]|1[0-2])$/.test(value) ? value : undefined;

export const signInSearch = search({ token: text, to: text });

export const devicesSearch = search({
  q: text,
  state: contractWord<DeviceState>(),
  presence: contractWord<Presence>(),
  model: text,
  site: text,
  firmware: text,
  drifted: yesNo,
  label: text,
  sort: oneOf(['name', '-name', 'lastSeenAt', '-lastSeenAt', 'createdAt', '-createdAt']),
});
export type DevicesSearch = ReturnType<typeof devicesSearch>;

export const deviceTabs = ['overview', 'telemetry', 'twin', 'commands', 'updates', 'certificates', 'timeline'] as const;
export const ranges = ['15m', '1h', '6h', '24h', '7d', '30d', '1y'] as const;
export type Range = (typeof ranges)[number];
export const deviceSearch = search({
  tab: oneOf(deviceTabs),
  range: oneOf(ranges),
  from: instant,
  to: instant,
  place: text,
  metrics: metricKeys,
  compare: text,
  draw: oneOf(['range', 'shape']),
});
export type DeviceSearch = ReturnType<typeof deviceSearch>;

export const driftSearch = search({ class: contractWord<DriftClass>(), path: text });
export const configSearch = search({ from: whole, to: whole });
export const releasesSearch = search({ state: contractWord<ReleaseState>(), model: text });
export const componentsSearch = search({ name: text, version: text });
export const campaignsSearch = search({ state: contractWord<CampaignState>(), active: yesNo });
export const campaignTabs = ['failures', 'devices', 'decisions', 'exclusions', 'plan'] as const;
export const campaignSearch = search({ tab: oneOf(campaignTabs), wave: whole, state: contractWord<ExecutionState>() });
export const newCampaignSearch = search({
  releaseId: text,
  configId: text,
  model: text,
  site: text,
  class: text,
  firmware: text,
  label: text,
});
export const freezesSearch = search({ month, past: yesNo });
export const deadLettersSearch = search({
  state: oneOf(['open', 'replayed', 'dropped']),
  reason: text,
  deviceId: text,
});
export const anomaliesSearch = search({
  state: oneOf(['open', 'closed']),
  kind: contractWord<AnomalyKind>(),
  deviceId: text,
});
export const metricsSearch = search({ q: text });
export const settingsSearch = search({ tab: oneOf(['people', 'keys', 'webhooks', 'brakes', 'sessions']) });
export const auditSearch = search({ action: text, resource: text });
export const enrolmentTabs = ['approvals', 'tokens', 'claims', 'manufacturers', 'keys', 'settings'] as const;
export const enrolmentSearch = search({ tab: oneOf(enrolmentTabs), decided: yesNo });
export const trustTabs = ['overview', 'changes', 'certificates', 'authorities', 'rollover', 'keys'] as const;
export const trustSearch = search({
  tab: oneOf(trustTabs),
  state: contractWord<CertificateState>(),
  authorityId: text,
  renewal: oneOf(['due', 'overdue']),
  within: oneOf(['7', '30', '90']),
  sort: oneOf(['notAfter', '-notAfter', '-createdAt']),
});
export type TrustSearch = ReturnType<typeof trustSearch>;
