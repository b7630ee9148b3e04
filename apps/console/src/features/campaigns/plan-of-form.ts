import type { CampaignPatch, NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import type { z } from 'zod';
import type { CampaignForm } from './campaign-form.js';

type PlanBody = z.input<typeof CampaignPlan>;
type GateBody = PlanBody['gate'];

/** Percent to a share, without the tail of binary fractions. */
const share = (percent: number): number => Math.round(percent * 1e6) / 1e8;

const healthOf = (form: CampaignForm): GateBody['health'] =>
  form.health === null
    ? undefined
    : {
        maxErrorRise: share(form.health.maxErrorRise),
        maxBurn: form.health.maxBurn,
        baselineS: form.health.baselineS,
        metrics: form.health.metrics
          .filter(({ metric }) => metric !== '')
          .map(({ metric, bad, maxChange }) => ({ metric, bad, maxChange })),
      };

const limits = (form: CampaignForm): GateBody => {
  const health = healthOf(form);
  return {
    maxFailureRate: share(form.maxFailure),
    maxTimeoutRate: share(form.maxTimeout),
    ...(form.maxRejection === null ? {} : { maxRejectionRate: share(form.maxRejection) }),
    minSuccessRate: share(form.minSuccess),
    ...(form.maxInstallS === null ? {} : { maxInstallS: form.maxInstallS }),
    ...(health ? { health } : {}),
    minSample: form.minSample,
    minResolvedShare: share(form.minResolved),
    soakS: form.soakS,
  };
};

const sizeOf = ({ unit, size }: { readonly unit: 'percent' | 'devices'; readonly size: number }) =>
  unit === 'percent' ? { percent: size } : { devices: size };

const preconditionsOf = (form: CampaignForm): PlanBody['preconditions'] => {
  const wanted = {
    ...(form.minBatteryPercent === null ? {} : { minBatteryPercent: form.minBatteryPercent }),
    ...(form.mainsPower ? { mainsPower: true } : {}),
    ...(form.minFreeDiskMb === null ? {} : { minFreeDiskMb: form.minFreeDiskMb }),
  };
  return Object.keys(wanted).length > 0 ? wanted : undefined;
};

const planOf = (form: CampaignForm): PlanBody => {
  const preconditions = preconditionsOf(form);
  return {
    waves: form.waves.map((wave) => ({
      size: sizeOf(wave),
      ...(wave.own !== null || wave.soakS !== null
        ? { gate: { ...(wave.own ?? limits(form)), ...(wave.soakS === null ? {} : { soakS: wave.soakS }) } }
        : {}),
      ...(wave.holdAfter ? { holdAfter: true } : {}),
    })),
    gate: limits(form),
    concurrency: form.concurrency,
    ratePerMinute: form.ratePerMinute,
    deadlineS: form.deadlineS,
    stepTimeoutS: form.stepTimeoutS,
    deviceSoakS: form.deviceSoakS,
    retries: form.retries,
    autoRollback: form.autoRollback,
    approval: form.approval,
    ...(form.startAt === '' ? {} : { startAt: new Date(form.startAt).toISOString() }),
    ...(form.windows.length === 0
      ? {}
      : {
          windows: form.windows.map(({ days, from, minutes, timezone }) => ({
            days: [...days],
            from,
            minutes,
            timezone,
          })),
        }),
    ...(form.siteBudget === null ? {} : { siteBudget: sizeOf(form.siteBudget) }),
    ...(preconditions ? { preconditions } : {}),
    ...(form.jitterS === null ? {} : { jitterS: form.jitterS }),
    ...(form.lateJoiners ? { lateJoiners: true } : {}),
    ...(form.allowDowngrade ? { allowDowngrade: true } : {}),
  };
};

/** Whom the form means. */
export const selectorOf = (form: CampaignForm): Selector =>
  form.targets === 'list' ? { ids: [...form.ids] } : form.selector;

const subjectOf = (form: CampaignForm) => {
  switch (form.kind) {
    case 'release':
      return form.releaseId === null ? null : { releaseId: form.releaseId };
    case 'config':
      return form.configId === null || form.configNumber === null
        ? null
        : { configId: form.configId, configNumber: form.configNumber };
    case 'command':
      return form.command === null ? null : { command: { name: form.command, args: {} } };
  }
};

/** The body the API takes, or null while what to bring or whom to bring it to is still missing. */
export const asNewCampaign = (form: CampaignForm): z.input<typeof NewCampaign> | null => {
  const subject = subjectOf(form);
  if (subject === null || (form.targets === 'list' && form.ids.length === 0)) return null;
  return {
    name: form.name.trim() || 'Untitled',
    kind: form.kind,
    ...subject,
    selector: selectorOf(form),
    plan: planOf(form),
    ...(form.supersedes === null ? {} : { supersedes: form.supersedes }),
  };
};

/** What a saved draft is changed to. What it brings may change only from one release to another. */
export const asPatch = (form: CampaignForm): z.input<typeof CampaignPatch> => ({
  name: form.name.trim(),
  ...(form.kind === 'release' && form.releaseId !== null ? { releaseId: form.releaseId } : {}),
  selector: selectorOf(form),
  plan: planOf(form),
  supersedes: form.supersedes,
});
