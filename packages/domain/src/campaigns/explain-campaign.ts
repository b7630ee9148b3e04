import type { CampaignState } from '@muster/contracts/campaigns/campaigns.schema';
import type { Explanation } from '@muster/contracts/devices/devices.schema';
import { hasEnded } from './campaign.machine.js';
import { addCounts, busyCount, countOf, slotsTaken } from './count-executions.js';
import { explainDecision } from './explain-decision.js';
import { explainInFlight, previewStop } from './explain-stop.js';
import { explainKillSwitch, explainWaits, type WaitFacts } from './explain-waits.js';
import { judgeWave } from './judge-wave.js';
import type { Decision, WaveFacts } from './tick-facts.js';

export interface CampaignFacts {
  readonly state: CampaignState;
  readonly reasonCode: string | null;
  readonly createdBy: string;
  readonly concurrency: number;
  readonly waves: readonly WaveFacts[];
  /** The newest halt, rollback and finish records, oldest first. */
  readonly decisive: readonly Decision[];
  readonly reasonDetail?: string | null;
  /** When a scheduled campaign starts by itself. */
  readonly startAt?: Date | null;
  /** Deltas to its release, and how many of them are still to be built; asked for only while preparing. */
  readonly deltas?: { readonly all: number; readonly wanted: number };
  /** What holds it back beside its gates; asked for only where somebody wants to know. */
  readonly waits?: WaitFacts;
}

type Step = Explanation['steps'][number];

const time = (at: Date): string => `${at.toISOString().slice(11, 19)} UTC`;

/** Why it stopped and what became of it: the stored evidence, one sentence each. */
const decided = (facts: CampaignFacts): string => facts.decisive.map(explainDecision).join(' ');

const current = (facts: CampaignFacts): WaveFacts | undefined =>
  facts.waves.find((wave) => wave.state === 'open' || wave.state === 'soaking') ??
  facts.waves.findLast((wave) => wave.state === 'passed');

const explainWave = (wave: WaveFacts): string => {
  const { judgement, decision } = judgeWave(wave);
  const { verdict } = judgement;
  const sentence = explainDecision(decision);
  if (wave.state !== 'soaking' || verdict !== 'pass' || wave.soakUntil === null) return sentence;
  return `${sentence} It soaks until ${time(wave.soakUntil)}.`;
};

const running = (facts: CampaignFacts): string => {
  const wave = current(facts);
  if (wave === undefined) return 'Running: the first wave is about to open.';
  if (wave.state !== 'passed') return explainWave(wave);
  const counts = addCounts(facts.waves.map((w) => w.counts));
  const queued = countOf(counts, 'queued', 'deferred');
  const busy = busyCount(counts);
  if (queued + busy === 0) return `${explainWave(wave)} Nothing is left to do.`;
  return `Every gate has passed; ${busy} updating and ${queued} still to be offered.`;
};

const preparing = ({ deltas }: CampaignFacts): string =>
  deltas === undefined || deltas.wanted === 0
    ? 'Preparing: the targets are frozen and the first wave is about to open.'
    : `Preparing: ${deltas.all - deltas.wanted} of ${deltas.all} ${deltas.all === 1 ? 'delta is' : 'deltas are'} built.`;

function sentenceOf(facts: CampaignFacts): string {
  const wave = current(facts);
  switch (facts.state) {
    case 'draft':
      return facts.reasonCode === 'start_missed'
        ? 'A draft again: its start came while the kill switch was engaged. It begins when somebody launches it.'
        : 'A draft: nothing happens until it is launched.';
    case 'awaiting_approval':
      return `Waits for approval by somebody who neither drafted it, as ${facts.createdBy} did, nor edited it.`;
    case 'denied':
      return `Approval was denied${facts.reasonDetail ? `: ${facts.reasonDetail}` : ''}. Change it and submit it again.`;
    case 'scheduled':
      return facts.startAt
        ? facts.reasonCode === 'freezing'
          ? 'Starting: who is a target is being written down, which takes a while for a large fleet.'
          : `Scheduled: it freezes its targets and starts by itself ${facts.startAt.toISOString().slice(0, 16).replace('T', ' ')} UTC.`
        : 'Scheduled: it starts by itself at its time.';
    case 'preparing':
      return preparing(facts);
    case 'running':
      return running(facts);
    case 'held':
      return `Held before the next wave: go on when you are ready.${wave === undefined ? '' : ` ${explainWave(wave)}`}`;
    case 'pausing':
    case 'paused':
      if (facts.reasonCode === 'kill_switch')
        return facts.waits?.killSwitch
          ? `Paused. ${explainKillSwitch(facts.waits.killSwitch.by, facts.waits.killSwitch.reason)}`
          : `Paused by the kill switch: it goes on when somebody resumes it.`;
      return `Paused: nothing is offered and soak clocks stand.${wave === undefined ? '' : ` ${explainWave(wave)}`}`;
    case 'stopping':
      return `Stopping: nothing more is offered; ${explainInFlight(addCounts(facts.waves.map((w) => w.counts)))}.`;
    default:
      return decided(facts) || `The campaign is ${facts.state.replaceAll('_', ' ')}.`;
  }
}

const waveStep = (wave: WaveFacts): Step => {
  const verdict =
    wave.state === 'passed'
      ? 'pass'
      : wave.state === 'halted'
        ? 'fail'
        : wave.state === 'empty' || wave.state === 'skipped'
          ? 'unknown'
          : 'waiting';
  const unopened: Partial<Record<WaveFacts['state'], string>> = {
    planned: 'Opens when the wave before it has passed.',
    skipped: 'Skipped: all of its devices were left out.',
  };
  const detail = unopened[wave.state] ?? explainWave(wave);
  return { code: `wave_${wave.state}`, title: `Wave ${wave.n}`, verdict, detail, facts: { size: wave.size } };
};

/** Why a campaign moves, waits or stopped: one sentence, and one step per wave behind it. */
export function explainCampaign(facts: CampaignFacts): Explanation {
  const counts = addCounts(facts.waves.map((wave) => wave.counts));
  const steps: Step[] = facts.waves.map(waveStep);
  const slots = { taken: slotsTaken(counts), concurrency: facts.concurrency };
  if (!hasEnded(facts.state))
    steps.push(...explainWaits({ ...(facts.state === 'running' && { slots }), ...facts.waits }));
  const unreachable = countOf(counts, 'unreachable');
  if (unreachable > 0)
    steps.push({
      code: 'unreachable',
      title: 'Out of reach',
      verdict: 'waiting',
      detail: `${unreachable} ${unreachable === 1 ? 'device has' : 'devices have'} not been online; each is offered when it returns.`,
      facts: { unreachable },
    });
  if (facts.state === 'stopping')
    steps.push(
      ...previewStop(counts).map(
        ({ effect, count, sentence }): Step => ({
          code: effect,
          title: 'In flight',
          verdict: effect === 'finishes' || effect === 'soaks_on' ? 'waiting' : 'pass',
          detail: sentence,
          facts: { count },
        }),
      ),
    );
  // With nobody updating, what is waited for is the news.
  const wait =
    facts.state === 'running' && busyCount(counts) === 0 && facts.waits ? explainWaits(facts.waits)[0] : null;
  const sentence = wait ? `${sentenceOf(facts)} ${wait.detail}` : sentenceOf(facts);
  return { sentence, code: facts.reasonCode ?? facts.state, steps };
}
