import type { GenerationState } from '@muster/contracts/trust/trust.schema';
import { done, type Result, refused } from '../result.js';
import { type GenerationEvent, generation } from './generation.machine.js';
import type { TrustGate } from './judge-gate.js';
import { type RolloverPhase, type RolloverStep, rollover } from './rollover.machine.js';

export interface RolloverFacts {
  readonly kind: 'root' | 'device';
  readonly state: 'open' | 'done' | 'rolled_back';
  readonly from: GenerationState;
  readonly to: GenerationState;
  /** Percent of devices asked to renew so far. */
  readonly share: number;
  readonly gate: TrustGate;
  /** Live certificates that need the old generation; for a root those of devices that know no other. */
  readonly certificatesOnOld: number;
  /** The old generation's own certificate has ended. */
  readonly oldEnded: boolean;
}

/** What a step makes of both generations; the old one moves first where one stops and the other begins to issue. */
export interface RolloverMove {
  readonly state: RolloverFacts['state'];
  readonly from: GenerationState;
  readonly to: GenerationState;
  readonly share: number;
}

/** What each step means for the old and the new generation, by how far the rollover is; null leaves it as it is. */
type Meaning = { readonly from: GenerationEvent | null; readonly to: GenerationEvent | null };
const meanings: Record<'created' | 'distributed' | 'switched', Partial<Record<RolloverStep, Meaning>>> = {
  created: {
    distribute: { from: null, to: 'distribute' },
    roll_back: { from: null, to: 'withdraw' },
  },
  distributed: {
    switch_issuing: { from: 'stop_issuing', to: 'begin_issuing' },
    roll_back: { from: null, to: 'withdraw' },
  },
  switched: {
    switch_issuing: { from: null, to: null },
    retire: { from: 'retire', to: null },
    // What the new generation issued lives on: it stays trusted until nothing needs it.
    roll_back: { from: 'begin_issuing', to: 'stop_issuing' },
  },
};

export const phaseOf = ({ state, to }: Pick<RolloverFacts, 'state' | 'to'>): RolloverPhase => {
  if (state !== 'open') return state;
  return to === 'created' ? 'created' : to === 'distributed' ? 'distributed' : 'switched';
};

const after = (state: GenerationState, event: GenerationEvent | null): GenerationState => {
  if (event === null) return state;
  const step = generation.next(state, event);
  if (step.kind === 'refused') throw new Error(`a ${state} generation does not answer to ${event}`);
  return step.state;
};

/** What `step` makes of a rollover, or why not now. `share` belongs to switch_issuing alone, in percent. */
export const decideRolloverStep = (
  facts: RolloverFacts,
  step: RolloverStep,
  share = 0,
): Result<RolloverMove, 'transition_refused' | 'gate_closed'> => {
  const phase = phaseOf(facts);
  const next = rollover.next(phase, step);
  const meaning = phase === 'done' || phase === 'rolled_back' ? undefined : meanings[phase][step];
  if (next.kind === 'refused' || !meaning) {
    const allowed = rollover.allowed(phase);
    return refused('transition_refused', `A rollover that is ${phase} does not take the step ${step}.`, {
      phase,
      allowed,
    });
  }
  if (step === 'switch_issuing') {
    if (phase === 'switched' && share <= facts.share)
      return refused('transition_refused', `${facts.share} % are asked already; name a larger share.`, {
        share: facts.share,
      });
    if (phase === 'distributed' && !facts.gate.open) return closed(facts.gate);
  }
  if (step === 'retire' && facts.certificatesOnOld > 0 && !facts.oldEnded)
    return refused('transition_refused', waitForOld(facts), { certificatesOnOld: facts.certificatesOnOld });
  return done({
    state: next.state === 'done' || next.state === 'rolled_back' ? next.state : 'open',
    from: after(facts.from, meaning.from),
    to: after(facts.to, meaning.to),
    share: step === 'switch_issuing' ? (facts.kind === 'root' ? 100 : share) : facts.share,
  });
};

const closed = ({ needed, seen, acknowledged }: TrustGate) =>
  refused(
    'gate_closed',
    `${acknowledged} of ${seen} devices seen in the last 30 days have acknowledged the bundle; ${needed * 100} % are needed.`,
    { needed, seen, acknowledged },
  );

const waitForOld = ({ kind, certificatesOnOld }: RolloverFacts): string =>
  kind === 'root'
    ? `${certificatesOnOld} live certificates belong to devices that know the old root alone.`
    : `${certificatesOnOld} live certificates are of the old generation.`;

/** The steps that would be taken now. */
export const nextRolloverSteps = (facts: RolloverFacts): RolloverStep[] =>
  rollover.allowed(phaseOf(facts)).filter((step) => decideRolloverStep(facts, step, 100).ok);

/** One sentence that says what an open rollover waits for; null when it is over. */
export const rolloverWaitsFor = (facts: RolloverFacts): string | null => {
  const phase = phaseOf(facts);
  if (phase === 'created') return 'Somebody has to distribute the new generation.';
  if (phase === 'distributed') {
    const verdict = closed(facts.gate);
    return facts.gate.open ? 'Somebody has to switch issuing.' : verdict.detail;
  }
  if (phase !== 'switched') return null;
  if (facts.certificatesOnOld > 0 && !facts.oldEnded) return waitForOld(facts);
  return 'Somebody has to retire the old generation.';
};
