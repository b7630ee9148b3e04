import type { NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import type { z } from 'zod';

export interface WaveDraft {
  readonly key: number;
  readonly unit: 'percent' | 'devices';
  readonly size: number;
  /** Seconds; null takes the plan's own. */
  readonly soakS: number | null;
  readonly holdAfter: boolean;
}

/** The wizard's fields as people fill them in: rates in percent. */
export interface CampaignForm {
  readonly name: string;
  readonly kind: 'release' | 'config';
  readonly releaseId: string | null;
  readonly configId: string | null;
  readonly configNumber: number | null;
  readonly selector: Selector;
  readonly waves: readonly WaveDraft[];
  readonly maxFailure: number;
  readonly maxTimeout: number;
  readonly minSuccess: number;
  readonly minSample: number;
  readonly soakS: number;
  readonly concurrency: number;
  readonly ratePerMinute: number | null;
  readonly deadlineS: number;
  readonly deviceSoakS: number;
  readonly retries: number;
  readonly autoRollback: boolean;
  readonly approval: boolean;
}

export const freshForm: CampaignForm = {
  name: '',
  kind: 'release',
  releaseId: null,
  configId: null,
  configNumber: null,
  selector: {},
  waves: [1, 10, 100].map((size, key) => ({ key, unit: 'percent', size, soakS: null, holdAfter: false })),
  maxFailure: 5,
  maxTimeout: 10,
  minSuccess: 90,
  minSample: 10,
  soakS: 60,
  concurrency: 100,
  ratePerMinute: null,
  deadlineS: 3600,
  deviceSoakS: 30,
  retries: 0,
  autoRollback: true,
  approval: false,
};

const limits = (form: CampaignForm) => ({
  maxFailureRate: form.maxFailure / 100,
  maxTimeoutRate: form.maxTimeout / 100,
  minSuccessRate: form.minSuccess / 100,
  minSample: form.minSample,
  soakS: form.soakS,
});

/** The body the API takes, or null while something that decides who is meant is still missing. */
export const asNewCampaign = (form: CampaignForm): z.input<typeof NewCampaign> | null => {
  if (form.kind === 'release' ? form.releaseId === null : form.configId === null || form.configNumber === null)
    return null;
  return {
    name: form.name.trim() || 'Untitled',
    kind: form.kind,
    ...(form.kind === 'release'
      ? { releaseId: form.releaseId! }
      : { configId: form.configId!, configNumber: form.configNumber! }),
    selector: form.selector,
    plan: {
      waves: form.waves.map((wave) => ({
        size: wave.unit === 'percent' ? { percent: wave.size } : { devices: wave.size },
        ...(wave.soakS === null ? {} : { gate: { ...limits(form), soakS: wave.soakS } }),
        ...(wave.holdAfter ? { holdAfter: true } : {}),
      })),
      gate: limits(form),
      concurrency: form.concurrency,
      ratePerMinute: form.ratePerMinute,
      deadlineS: form.deadlineS,
      deviceSoakS: form.deviceSoakS,
      retries: form.retries,
      autoRollback: form.autoRollback,
      approval: form.approval,
    },
  };
};
