import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { GateLimits, WaveSize } from '@muster/contracts/campaigns/plans.schema';
import type { CommandName } from '@muster/contracts/commands/commands.schema';
import { type CampaignForm, freshForm, type HealthDraft } from './campaign-form.js';

const percentOf = (share: number): number => Math.round(share * 1e6) / 1e4;

const sizeOf = (size: WaveSize) =>
  'percent' in size
    ? { unit: 'percent' as const, size: size.percent }
    : { unit: 'devices' as const, size: size.devices };

const healthOf = (limits: GateLimits): HealthDraft | null =>
  limits.health
    ? {
        maxErrorRise: percentOf(limits.health.maxErrorRise),
        maxBurn: limits.health.maxBurn,
        baselineS: limits.health.baselineS,
        metrics: limits.health.metrics.map((metric, key) => ({ ...metric, key })),
      }
    : null;

/** Whether a wave's own limits differ from the plan's in nothing but the soak: then the plan's later changes are its too. */
const onlySoaks = (own: GateLimits, plan: GateLimits): boolean =>
  [...new Set([...Object.keys(own), ...Object.keys(plan)])].every(
    (key) =>
      key === 'soakS' || JSON.stringify(own[key as keyof GateLimits]) === JSON.stringify(plan[key as keyof GateLimits]),
  );

const two = (n: number) => String(n).padStart(2, '0');

/** An instant as a date-time field wants it, in the reader's zone: `2026-11-21T22:00`. */
export const localInstant = (at: string): string => {
  const d = new Date(at);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}T${two(d.getHours())}:${two(d.getMinutes())}`;
};

/** A saved campaign as the form that would make it again; saving it unchanged changes nothing. */
export const formOfCampaign = (campaign: Campaign): CampaignForm => {
  const { plan, selector } = campaign;
  const { gate } = plan;
  const byList = selector.ids !== undefined && Object.keys(selector).length === 1;
  return {
    ...freshForm,
    name: campaign.name,
    kind: campaign.kind,
    releaseId: campaign.releaseId,
    configId: campaign.configId,
    configNumber: campaign.configNumber,
    command: (campaign.command?.name ?? null) as CommandName | null,
    targets: byList ? 'list' : 'selector',
    selector: byList ? {} : selector,
    ids: byList ? (selector.ids ?? []) : [],
    waves: plan.waves.map(({ size, gate: own, holdAfter }, key) => ({
      key,
      ...sizeOf(size),
      soakS: own && own.soakS !== gate.soakS ? own.soakS : null,
      holdAfter: holdAfter ?? false,
      own: own && !onlySoaks(own, gate) ? own : null,
    })),
    concurrency: plan.concurrency,
    ratePerMinute: plan.ratePerMinute,
    deadlineS: plan.deadlineS,
    stepTimeoutS: plan.stepTimeoutS,
    deviceSoakS: plan.deviceSoakS,
    retries: plan.retries,
    maxFailure: percentOf(gate.maxFailureRate),
    maxTimeout: percentOf(gate.maxTimeoutRate),
    maxRejection: gate.maxRejectionRate === undefined ? null : percentOf(gate.maxRejectionRate),
    minSuccess: percentOf(gate.minSuccessRate),
    minSample: gate.minSample,
    minResolved: percentOf(gate.minResolvedShare),
    maxInstallS: gate.maxInstallS ?? null,
    soakS: gate.soakS,
    health: healthOf(gate),
    startAt: plan.startAt ? localInstant(plan.startAt) : '',
    windows: (plan.windows ?? []).map((window, key) => ({ ...window, key })),
    siteBudget: plan.siteBudget ? sizeOf(plan.siteBudget) : null,
    minBatteryPercent: plan.preconditions?.minBatteryPercent ?? null,
    mainsPower: plan.preconditions?.mainsPower ?? false,
    minFreeDiskMb: plan.preconditions?.minFreeDiskMb ?? null,
    jitterS: plan.jitterS ?? null,
    autoRollback: plan.autoRollback,
    approval: plan.approval,
    lateJoiners: plan.lateJoiners ?? false,
    allowDowngrade: plan.allowDowngrade ?? false,
    supersedes: campaign.supersedes,
  };
};
