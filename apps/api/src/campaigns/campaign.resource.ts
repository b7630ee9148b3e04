import type { Campaign, CampaignSummary, Wave } from '@muster/contracts/campaigns/campaigns.schema';
import type { DecisionRecord, GateCheck } from '@muster/contracts/campaigns/decisions.schema';
import type { Execution } from '@muster/contracts/campaigns/executions.schema';
import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { hasEnded } from '@muster/domain/campaigns/campaign.machine';
import { addCounters, partition } from '@muster/domain/campaigns/count-executions';
import { type CampaignFacts, explainCampaign } from '@muster/domain/campaigns/explain-campaign';
import type { WaitFacts } from '@muster/domain/campaigns/explain-waits';
import { canProve, type GateInputs, judgeGate } from '@muster/domain/campaigns/judge-gate';
import { judgeWave } from '@muster/domain/campaigns/judge-wave';
import type { CampaignRow } from '@muster/persistence/campaigns/campaign.store';
import type { DecisionRow } from '@muster/persistence/campaigns/decision.store';
import type { ExecutionRow } from '@muster/persistence/campaigns/execution.store';
import { waveFacts } from '@muster/persistence/campaigns/tick.store';
import type { WaveRow } from '@muster/persistence/campaigns/wave.store';
import type { DeltaProgress } from '@muster/persistence/releases/delta.store';

/** A campaign with what its sentence and its partition are made of. */
export interface CampaignView {
  readonly row: CampaignRow;
  readonly waves: readonly WaveRow[];
  readonly decisive: readonly DecisionRow[];
  /** Known while preparing. */
  readonly deltas: DeltaProgress | undefined;
  /** Asked for only where somebody wants to know what it waits for. */
  readonly waits?: WaitFacts;
}

const instant = (at: Date | null): string | null => at?.toISOString() ?? null;

const isOpened = (wave: WaveRow): boolean => wave.state !== 'planned';

export const factsOf = ({ row, waves, decisive, deltas, waits }: CampaignView): CampaignFacts => ({
  state: row.state,
  reasonCode: row.reasonCode,
  createdBy: row.createdBy,
  concurrency: row.plan.concurrency,
  waves: waves.map((wave) => waveFacts(row.plan, wave)),
  decisive,
  reasonDetail: row.reasonDetail,
  startAt: row.startAt,
  ...(deltas === undefined ? {} : { deltas }),
  ...(waits === undefined ? {} : { waits }),
});

export const explain = (view: CampaignView) => explainCampaign(factsOf(view));

const toWave = (row: CampaignRow, wave: WaveRow): Wave => ({
  n: wave.n,
  state: wave.state,
  reasonCode: wave.reasonCode,
  reasonDetail: wave.reasonDetail,
  since: wave.since.toISOString(),
  size: wave.size,
  cumulative: wave.cumulative,
  plan: row.plan.waves[wave.n - 1] ?? { size: { percent: 100 } },
  openedAt: instant(wave.openedAt),
  soakUntil: instant(wave.soakUntil),
  counters: partition(wave.counts, isOpened(wave)),
  canProve: canProve(wave.size),
});

const judged = (record: DecisionRow): GateCheck[] =>
  record.kind === 'gate'
    ? judgeGate(record.inputs as unknown as GateInputs, record.limits as unknown as GateLimits).checks
    : [];

/** The gate people look at: of a halted wave what halted it, else of the wave under way, else of the last that was. */
const currentGate = (view: CampaignView): GateCheck[] => {
  const facts = factsOf(view).waves;
  const halted = facts.find((wave) => wave.state === 'halted');
  const halting = view.decisive.findLast(
    (record) => record.kind === 'gate' && record.verdict === 'halt' && record.wave === halted?.n,
  );
  if (halting !== undefined) return judged(halting);
  const wave = halted ?? facts.find((it) => it.n === view.row.currentWave);
  return wave === undefined ? [] : judgeWave(wave, !hasEnded(view.row.state)).judgement.checks;
};

export const toCampaign = (view: CampaignView): Campaign => {
  const { row, waves } = view;
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    parentId: row.parentId,
    childId: row.childId,
    retryOf: row.retryOf,
    supersedes: row.supersedes,
    supersededBy: row.supersededBy,
    state: row.state,
    reasonCode: row.reasonCode,
    reasonDetail: row.reasonDetail,
    since: row.since.toISOString(),
    sentence: explain(view).sentence,
    releaseId: row.releaseId,
    releaseName: row.releaseName,
    releaseVersion: row.releaseVersion,
    configId: row.configId,
    configNumber: row.configNumber,
    command: row.command,
    selector: row.selector,
    plan: row.plan,
    targets: row.targets,
    exclusions: row.exclusions,
    counters: addCounters(waves.map((wave) => partition(wave.counts, isOpened(wave)))),
    currentWave: row.currentWave,
    waves: waves.map((wave) => toWave(row, wave)),
    gate: currentGate(view),
    createdBy: row.createdBy,
    approvedBy: row.approvedBy,
    stalledSince: instant(row.stalledAt),
    bytesSent: waves.reduce((sum, wave) => sum + wave.bytesSent, 0),
    bytesSpared: waves.reduce((sum, wave) => sum + wave.bytesSpared, 0),
    createdAt: row.createdAt.toISOString(),
    startedAt: instant(row.startedAt),
    finishedAt: instant(row.finishedAt),
    version: row.version,
  };
};

/** Why the gate of the wave under way is held; null where none is. */
const heldBy = (view: CampaignView): string | null => {
  const wave = factsOf(view).waves.find(({ state }) => state === 'open' || state === 'soaking');
  if (wave === undefined) return null;
  const { verdict, code } = judgeWave(wave, true).judgement;
  return verdict === 'hold' ? code : null;
};

export const toSummary = (view: CampaignView): CampaignSummary => {
  const { waves, ...campaign } = toCampaign(view);
  return { ...campaign, waitsFor: heldBy(view), waves: waves.map(({ n, state, size }) => ({ n, state, size })) };
};

export const toExecution = (row: ExecutionRow): Execution => ({
  id: row.id,
  campaignId: row.campaignId,
  deviceId: row.deviceId,
  deviceName: row.deviceName,
  attempt: row.attempt,
  wave: row.wave,
  state: row.state,
  reasonCode: row.reasonCode,
  reasonDetail: row.reasonDetail,
  since: row.since.toISOString(),
  phase: row.phase,
  progress: row.progress,
  releaseVersion: row.releaseVersion,
  previousVersion: row.previousVersion,
  offeredAt: instant(row.offeredAt),
  deadlineAt: instant(row.deadlineAt),
  notBefore: instant(row.notBefore),
  finishedAt: instant(row.finishedAt),
  provisional: row.provisional,
  version: row.version,
});

/** The checks are not stored: they are judged again from the stored inputs, as anybody can. */
export const toDecision = (row: DecisionRow): DecisionRecord => ({
  seq: row.seq,
  at: row.at.toISOString(),
  wave: row.wave,
  kind: row.kind,
  verdict: row.verdict,
  code: row.code,
  sentence: row.sentence,
  inputs: { ...row.inputs },
  limits: { ...row.limits },
  checks: judged(row),
});
