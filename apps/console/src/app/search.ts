import { campaignStates, executionStates } from '@muster/contracts/campaigns/campaigns.schema';
import { deviceStates, driftClasses, presences } from '@muster/contracts/devices/devices.schema';
import { releaseStates } from '@muster/contracts/releases/releases.schema';
import { deadLetterStates } from '@muster/contracts/telemetry/telemetry.schema';
import { z } from 'zod';

/** The address is the page's state: what each page reads from it. A value this console does not know is dropped. */
const text = z.string().min(1).max(200).optional().catch(undefined);
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) => z.enum(values).optional().catch(undefined);
const whole = z.coerce.number().int().min(0).optional().catch(undefined);

export const NoSearch = z.object({});
export const SignInSearch = z.object({ token: text, to: text });

export const DevicesSearch = z.object({
  q: text,
  state: oneOf(deviceStates),
  presence: oneOf(presences),
  model: text,
  site: text,
  firmware: text,
  drifted: oneOf(['true', 'false']),
  label: text,
  sort: oneOf(['name', '-name', 'lastSeenAt', '-lastSeenAt', 'createdAt', '-createdAt']),
});
export type DevicesSearch = z.infer<typeof DevicesSearch>;

export const deviceTabs = ['overview', 'telemetry', 'twin', 'commands', 'updates', 'certificates', 'timeline'] as const;
export const ranges = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;
export type Range = (typeof ranges)[number];
export const DeviceSearch = z.object({
  tab: oneOf(deviceTabs),
  range: oneOf(ranges),
  from: whole,
  to: whole,
  place: text,
});
export type DeviceSearch = z.infer<typeof DeviceSearch>;

export const DriftSearch = z.object({ class: oneOf(driftClasses), path: text });
export const ConfigSearch = z.object({ from: whole, to: whole });
export const ReleasesSearch = z.object({ state: oneOf(releaseStates), model: text });
export const CampaignsSearch = z.object({ state: oneOf(campaignStates), active: oneOf(['true', 'false']) });
export const campaignTabs = ['failures', 'devices', 'decisions', 'exclusions', 'plan'] as const;
export const CampaignSearch = z.object({ tab: oneOf(campaignTabs), wave: whole, state: oneOf(executionStates) });
export type CampaignSearch = z.infer<typeof CampaignSearch>;
export const NewCampaignSearch = z.object({ releaseId: text, configId: text });
export const DeadLettersSearch = z.object({ state: oneOf(deadLetterStates), reason: text });
export const settingsTabs = ['people', 'keys', 'webhooks', 'sessions'] as const;
export const SettingsSearch = z.object({ tab: oneOf(settingsTabs) });
export const AuditSearch = z.object({ action: text, resource: text });
