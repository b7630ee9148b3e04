import type { ExecutionKind } from '@muster/contracts/campaigns/executions.schema';
import type { GateLimits, MetricLimit, Weekday } from '@muster/contracts/campaigns/plans.schema';
import type { CommandName } from '@muster/contracts/commands/commands.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';

export interface WaveDraft {
  readonly key: number;
  readonly unit: 'percent' | 'devices';
  readonly size: number;
  /** Seconds; null takes the plan's own. */
  readonly soakS: number | null;
  readonly holdAfter: boolean;
  /** Limits of its own, given through the API: kept as they are. */
  readonly own: GateLimits | null;
}

export interface WindowDraft {
  readonly key: number;
  readonly days: readonly Weekday[];
  readonly from: string;
  readonly minutes: number;
  readonly timezone: string;
}

export interface MetricDraft extends MetricLimit {
  readonly key: number;
}

export interface HealthDraft {
  /** Percentage points. */
  readonly maxErrorRise: number;
  readonly maxBurn: number;
  readonly baselineS: number;
  readonly metrics: readonly MetricDraft[];
}

/** The wizard's fields as people fill them in: rates in percent, times of their own zone. Null is not asked for. */
export interface CampaignForm {
  readonly name: string;
  readonly kind: ExecutionKind;
  readonly releaseId: string | null;
  readonly configId: string | null;
  readonly configNumber: number | null;
  readonly command: CommandName | null;
  readonly targets: 'selector' | 'list';
  readonly selector: Selector;
  /** Device ids of a pasted list. */
  readonly ids: readonly string[];
  readonly waves: readonly WaveDraft[];
  readonly concurrency: number;
  readonly ratePerMinute: number | null;
  readonly deadlineS: number;
  readonly stepTimeoutS: number;
  readonly deviceSoakS: number;
  readonly retries: number;
  readonly maxFailure: number;
  readonly maxTimeout: number;
  readonly maxRejection: number | null;
  readonly minSuccess: number;
  readonly minSample: number;
  readonly minResolved: number;
  readonly maxInstallS: number | null;
  readonly soakS: number;
  readonly health: HealthDraft | null;
  /** `2026-11-21T22:00` in the reader's zone, or empty for at once. */
  readonly startAt: string;
  readonly windows: readonly WindowDraft[];
  readonly siteBudget: { readonly unit: 'percent' | 'devices'; readonly size: number } | null;
  readonly minBatteryPercent: number | null;
  readonly mainsPower: boolean;
  readonly minFreeDiskMb: number | null;
  readonly jitterS: number | null;
  readonly autoRollback: boolean;
  readonly approval: boolean;
  readonly lateJoiners: boolean;
  readonly allowDowngrade: boolean;
  readonly supersedes: string | null;
}

export const wave = (key: number, unit: WaveDraft['unit'], size: number, holdAfter = false): WaveDraft => ({
  key,
  unit,
  size,
  soakS: null,
  holdAfter,
  own: null,
});

/** Plans people start from. The second is for those who want to look at ten devices before they believe anything. */
export const wavePresets = {
  percent: {
    label: '1 → 10 → 100%',
    waves: [wave(0, 'percent', 1), wave(1, 'percent', 10), wave(2, 'percent', 100)],
  },
  devices: {
    label: '10 → 50 → 100 → 200 → rest, holding after each',
    waves: [
      wave(0, 'devices', 10, true),
      wave(1, 'devices', 50, true),
      wave(2, 'devices', 100, true),
      wave(3, 'devices', 200, true),
      wave(4, 'percent', 100),
    ],
  },
} as const;

export const freshHealth: HealthDraft = { maxErrorRise: 5, maxBurn: 3, baselineS: 86_400, metrics: [] };

export const freshForm: CampaignForm = {
  name: '',
  kind: 'release',
  releaseId: null,
  configId: null,
  configNumber: null,
  command: null,
  targets: 'selector',
  selector: {},
  ids: [],
  waves: wavePresets.percent.waves,
  concurrency: 100,
  ratePerMinute: null,
  deadlineS: 3600,
  stepTimeoutS: 900,
  deviceSoakS: 30,
  retries: 0,
  maxFailure: 5,
  maxTimeout: 10,
  maxRejection: null,
  minSuccess: 90,
  minSample: 10,
  minResolved: 90,
  maxInstallS: null,
  soakS: 60,
  health: null,
  startAt: '',
  windows: [],
  siteBudget: null,
  minBatteryPercent: null,
  mainsPower: false,
  minFreeDiskMb: null,
  jitterS: null,
  autoRollback: true,
  approval: false,
  lateJoiners: false,
  allowDowngrade: false,
  supersedes: null,
};

/** What every section of the wizard gets: the form, and how to change a part of it. */
export interface FieldsProps {
  readonly form: CampaignForm;
  readonly set: (change: Partial<CampaignForm>) => void;
}

/** A number field that may be left empty. */
export const numberOrNull = (value: string | number): number | null => (typeof value === 'number' ? value : null);

/** The next free key of a list in the form. */
export const nextKey = (items: readonly { readonly key: number }[]): number =>
  1 + Math.max(-1, ...items.map(({ key }) => key));
