import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { CampaignPlan, GateLimits, MaintenanceWindow, WaveSize } from '@muster/contracts/campaigns/plans.schema';
import { durationText } from '../../ui/duration-text.js';
import { count, many, moment, percent, reading } from '../../ui/format.js';
import { selectorText } from '../../ui/selector-text.js';

export type Said = readonly [label: string, text: string];

/** "1%", "25 devices": a wave's cumulative size as it was planned. */
export const sizeLabel = (size: WaveSize): string =>
  'percent' in size ? `${size.percent}%` : many(size.devices, 'device');

const dayNames = { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' } as const;
const week = Object.keys(dayNames) as (keyof typeof dayNames)[];

/** Days in the order of the week, three or more in a row as a range: "Mon–Fri", "Tue, Thu". */
export const daysText = (days: MaintenanceWindow['days']): string => {
  if (days.length === 7) return 'every day';
  const runs: (keyof typeof dayNames)[][] = [];
  week.forEach((day, index) => {
    if (!days.includes(day)) return;
    const last = runs.at(-1);
    if (last && week.indexOf(last.at(-1)!) === index - 1) last.push(day);
    else runs.push([day]);
  });
  return runs
    .flatMap((run) =>
      run.length > 2 ? [`${dayNames[run[0]!]}–${dayNames[run.at(-1)!]}`] : run.map((day) => dayNames[day]),
    )
    .join(', ');
};

/** "Mon–Fri from 22:00 for 4 h, in each device's own zone". */
export const windowText = ({ days, from, minutes, timezone }: MaintenanceWindow): string =>
  `${daysText(days)} from ${from} for ${durationText(minutes * 60)}, ${
    timezone === 'device' ? 'by the clock of each device’s site' : timezone
  }`;

const healthText = ({ health }: GateLimits): string => {
  if (!health) return 'not judged';
  const metrics = health.metrics.map(({ metric, bad, maxChange }) => {
    const sign = bad === 'up' ? '+' : bad === 'down' ? '−' : '±';
    return `${metric} at most ${sign}${reading(maxChange)}`;
  });
  return [
    `errors at most ${reading(health.maxErrorRise * 100)} points above devices not updated`,
    `at most ${reading(health.maxBurn)}× their own past ${durationText(health.baselineS)}`,
    ...metrics,
  ].join('; ');
};

export const gateSaid = (gate: GateLimits): Said[] => [
  ['Failures', `at most ${percent(gate.maxFailureRate)}`],
  ['Timeouts', `at most ${percent(gate.maxTimeoutRate)}`],
  ['Rejections', gate.maxRejectionRate === undefined ? 'not judged' : `at most ${percent(gate.maxRejectionRate)}`],
  ['Successes', `at least ${percent(gate.minSuccessRate)}`],
  [
    'Install time',
    gate.maxInstallS === undefined ? 'not judged' : `nine of ten within ${durationText(gate.maxInstallS)}`,
  ],
  ['Sample', `at least ${many(gate.minSample, 'device')}, ${percent(gate.minResolvedShare)} resolved`],
  ['Wave soak', durationText(gate.soakS)],
  ['In service', healthText(gate)],
];

export const paceSaid = (plan: CampaignPlan): Said[] => [
  ['Waves', plan.waves.map((wave) => `${sizeLabel(wave.size)}${wave.holdAfter ? ' (then hold)' : ''}`).join(' → ')],
  ['At once', `at most ${many(plan.concurrency, 'device')}`],
  ['Rate', plan.ratePerMinute ? `at most ${count(plan.ratePerMinute)} a minute` : 'no limit'],
  ['A device has', `${durationText(plan.deadlineS)}, ${durationText(plan.stepTimeoutS)} a step`],
  ['Device soak', durationText(plan.deviceSoakS)],
  ['Retries', count(plan.retries)],
];

const demandsText = ({ preconditions }: CampaignPlan): string =>
  [
    preconditions?.minBatteryPercent !== undefined && `battery at least ${preconditions.minBatteryPercent}%`,
    preconditions?.mainsPower && 'mains power',
    preconditions?.minFreeDiskMb !== undefined && `${count(preconditions.minFreeDiskMb)} MB of free disk`,
  ]
    .filter(Boolean)
    .join(', ') || 'nothing';

export const whenSaid = (plan: CampaignPlan): Said[] => [
  ['Starts', plan.startAt ? moment(plan.startAt) : 'when it is launched'],
  ['Windows', plan.windows?.length ? plan.windows.map(windowText).join('; ') : 'any time'],
  ['At one site', plan.siteBudget ? `at most ${sizeLabel(plan.siteBudget)} at once` : 'no limit'],
  ['A device needs', demandsText(plan)],
  ['Restart', plan.jitterS ? `spread over ${durationText(plan.jitterS)}` : 'at once'],
];

export const safetySaid = (plan: CampaignPlan, approvedBy: string | null = null): Said[] => [
  ['On a halt', plan.autoRollback ? 'updated devices return to their own last release' : 'waits for a person'],
  ['Approval', plan.approval ? (approvedBy ? `by ${approvedBy}` : 'by another person') : 'not needed'],
  ['Late joiners', plan.lateJoiners ? 'join the last open wave' : 'are not taken in'],
  ['Going back', plan.allowDowngrade ? 'allowed to an older version' : 'newer devices are left out'],
];

/** A whole campaign in words, for review and for what changed since it was saved. */
export const campaignSaid = (campaign: Pick<Campaign, 'name' | 'selector' | 'plan'>): Said[] => [
  ['Name', campaign.name],
  ['Targets', selectorText(campaign.selector)],
  ...paceSaid(campaign.plan),
  ...gateSaid(campaign.plan.gate),
  ...whenSaid(campaign.plan),
  ...safetySaid(campaign.plan),
];
