import type { CampaignState, WaveState } from '@muster/contracts/campaigns/campaigns.schema';
import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import type { DeviceState, Explanation } from '@muster/contracts/devices/devices.schema';
import { isLive } from './execution.machine.js';
import { explainTurn } from './explain-turn.js';
import type { SiteWait } from './offerable-sites.js';

export interface DeviceFacts {
  readonly state: DeviceState;
  readonly connected: boolean;
  readonly lastSeenAt: Date | null;
  readonly pinned: boolean;
  readonly version: string | null;
  readonly drifts: number;
  /** The newest execution, with where its campaign and wave stand. */
  readonly update: {
    readonly campaignName: string;
    readonly campaignState: CampaignState;
    /** The campaign's own sentence. */
    readonly campaignSentence: string;
    readonly wave: number;
    readonly waveState: WaveState;
    readonly state: ExecutionState;
    readonly reasonCode: string | null;
    readonly reasonDetail: string | null;
    readonly progress: number | null;
    readonly wantedVersion: string | null;
    readonly slotsFree: number;
    /** A return: penalties do not hold it back. */
    readonly isRollback?: boolean;
    /** Not offered before this. */
    readonly notBefore?: Date | null;
    /** Why nothing is offered at its site now. */
    readonly wait?: SiteWait | null;
    /** Where the device's clocks are. */
    readonly timezone?: string;
    readonly killSwitch?: { readonly by: string | null; readonly reason: string | null } | null;
  } | null;
  /** Its updates failed too often: none is offered before this. */
  readonly blockedUntil?: Date | null;
  /** The newest campaign that matched the device and left it out. */
  readonly exclusion: { readonly campaignName: string; readonly code: string; readonly detail: string | null } | null;
}

export type Step = Explanation['steps'][number];
export type Update = NonNullable<DeviceFacts['update']>;

const words = (code: string): string => code.replaceAll('_', ' ');

const because = (update: Update): string => {
  const why = [update.reasonCode === null ? null : words(update.reasonCode), update.reasonDetail].filter(Boolean);
  return why.length === 0 ? '' : `: ${why.join(', ')}`;
};

const registered = (facts: DeviceFacts): Step =>
  facts.state === 'active'
    ? { code: 'active', title: 'Registered', verdict: 'pass', detail: 'The device is active.' }
    : { code: facts.state, title: 'Registered', verdict: 'fail', detail: `The device is ${words(facts.state)}.` };

const reachable = (facts: DeviceFacts): Step => {
  const seen = facts.lastSeenAt === null ? 'It has never been seen.' : `Last seen ${facts.lastSeenAt.toISOString()}.`;
  return facts.connected
    ? { code: 'connected', title: 'Reachable', verdict: 'pass', detail: 'The device is connected.' }
    : { code: 'offline', title: 'Reachable', verdict: 'waiting', detail: `The device is offline. ${seen}` };
};

function targeted(facts: DeviceFacts): Step {
  const { update, exclusion } = facts;
  if (update !== null)
    return {
      code: 'targeted',
      title: 'Campaign',
      verdict: 'pass',
      detail: `In wave ${update.wave} of ${update.campaignName}.`,
    };
  if (exclusion !== null)
    return {
      code: exclusion.code,
      title: 'Campaign',
      verdict: 'fail',
      detail: `Left out of ${exclusion.campaignName}: ${exclusion.detail ?? words(exclusion.code)}.`,
    };
  return { code: 'no_campaign', title: 'Campaign', verdict: 'unknown', detail: 'No campaign names this device.' };
}

/** What keeps campaigns from taking it at all; said of every device it holds for, whatever else there is to say. */
function keptOut(facts: DeviceFacts, now: Date | undefined): Step[] {
  const title = 'Free for campaigns';
  const { pinned, blockedUntil } = facts;
  if (pinned)
    return [
      { code: 'pinned', title, verdict: 'unknown', detail: 'It is pinned: no campaign takes it until it is let go.' },
    ];
  if (!blockedUntil || now === undefined || blockedUntil <= now) return [];
  const until = blockedUntil.toISOString();
  const detail = `Its updates failed again and again: no campaign takes it before ${until}.`;
  return [{ code: 'blocked', title, verdict: 'unknown', detail, facts: { until } }];
}

function progress(update: Update): Step {
  const title = 'Update';
  const { state } = update;
  if (state === 'succeeded' || state === 'already_satisfied' || state === 'rolled_back')
    return { code: state, title, verdict: 'pass', detail: `The update is ${words(state)}.` };
  if (state === 'queued' || state === 'unreachable' || state === 'deferred')
    return { code: state, title, verdict: 'waiting', detail: 'Not started.' };
  if (isLive(state))
    return {
      code: state,
      title,
      verdict: 'waiting',
      detail: `${words(state)}${update.progress === null ? '' : ` at ${update.progress}%`}${because(update)}.`,
    };
  return { code: update.reasonCode ?? state, title, verdict: 'fail', detail: `${words(state)}${because(update)}.` };
}

const version = (facts: DeviceFacts, wanted: string | null): Step =>
  wanted === null || facts.version === wanted
    ? {
        code: 'version',
        title: 'Firmware',
        verdict: 'pass',
        detail: `Runs ${facts.version ?? 'an unreported version'}.`,
      }
    : {
        code: 'version',
        title: 'Firmware',
        verdict: 'waiting',
        detail: `Runs ${facts.version ?? 'an unreported version'}, wanted ${wanted}.`,
      };

const configured = (facts: DeviceFacts): Step =>
  facts.drifts === 0
    ? { code: 'config', title: 'Config', verdict: 'pass', detail: 'Reported and desired agree.' }
    : {
        code: 'drift',
        title: 'Config',
        verdict: 'fail',
        detail: `${facts.drifts} ${facts.drifts === 1 ? 'field differs' : 'fields differ'} from the desired config.`,
      };

/**
 * Why a device is, or is not, where it should be: the first step that is not passed names the answer. Times that are over
 * by `now` hold nothing back any more.
 */
export function explainDevice(facts: DeviceFacts, now?: Date): Explanation {
  const { update } = facts;
  const wanted = update !== null && update.state !== 'rolled_back' ? update.wantedVersion : null;
  const steps: Step[] = [registered(facts), reachable(facts), ...keptOut(facts, now), targeted(facts)];
  if (update !== null) steps.push(explainTurn(update, facts, now), progress(update));
  steps.push(version(facts, wanted), configured(facts));

  const onTarget = update === null || facts.version === wanted || wanted === null;
  const answer =
    steps.find((step) => step.verdict === 'fail') ??
    (onTarget ? undefined : steps.find((s) => s.verdict === 'waiting'));
  if (answer === undefined)
    return {
      sentence: `The device is where it should be${facts.version === null ? '' : `, on ${facts.version}`}.`,
      code: 'on_target',
      steps,
    };
  return { sentence: answer.detail.charAt(0).toUpperCase() + answer.detail.slice(1), code: answer.code, steps };
}
