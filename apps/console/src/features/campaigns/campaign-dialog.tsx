import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { ReactNode } from 'react';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { count, many } from '../../ui/format.js';
import type { CampaignVerb } from './campaign-verbs.js';
import { StopEffects } from './stop-effects.js';

export type DialogVerb = Exclude<CampaignVerb, 'pause' | 'hold'>;

interface CampaignDialogProps {
  readonly verb: DialogVerb;
  readonly campaign: Campaign;
  readonly busy: boolean;
  readonly error: unknown;
  readonly onClose: () => void;
  readonly onConfirm: (reason: string) => void;
}

interface Script {
  readonly title: string;
  readonly verb: string;
  readonly danger?: boolean;
  readonly reason?: 'optional' | 'required';
  readonly type?: string;
  readonly text: ReactNode;
}

/** So many devices may be sent back without typing how many they are. */
const FEW = 25;

const scripts: Record<DialogVerb, (campaign: Campaign) => Script> = {
  launch: (campaign) => ({
    title: `Launch ${campaign.name}?`,
    verb: campaign.plan.approval ? 'Ask for approval' : campaign.plan.startAt ? 'Schedule' : 'Launch',
    text: (
      <p>
        {campaign.plan.approval
          ? 'Another person is asked to approve. Then the'
          : campaign.plan.startAt
            ? 'At its time the'
            : 'The'}{' '}
        targets are frozen and{' '}
        <strong>{`${campaign.releaseName ?? campaign.name} ${campaign.releaseVersion ?? ''}`.trim()}</strong> is offered
        to the first wave. Later waves open only when the one before has passed its gate.
      </p>
    ),
  }),
  approve: (campaign) => ({
    title: `Approve ${campaign.name}?`,
    verb: 'Approve',
    reason: 'optional',
    text: <p>The campaign starts with its first wave, exactly as planned. You answer for it beside its creator.</p>,
  }),
  deny: (campaign) => ({
    title: `Deny ${campaign.name}?`,
    verb: 'Deny',
    reason: 'required',
    text: <p>It does not start. {campaign.createdBy} may change it and ask again; your reason is what they read.</p>,
  }),
  resume: (campaign) => ({
    title: campaign.state === 'halted' ? 'Resume after a halt?' : `Resume ${campaign.name}?`,
    verb: 'Resume',
    reason: campaign.state === 'halted' ? 'required' : 'optional',
    text: (
      <>
        {campaign.state === 'halted' ? <p>{campaign.sentence}</p> : null}
        <p>
          Offers go on to <strong>{many(campaign.counters.waiting + campaign.counters.queued, 'device')}</strong> not
          yet started.{' '}
          {campaign.state === 'halted'
            ? 'You take responsibility for the failures so far; new ones count again, and may halt it again.'
            : 'If the gate fails, the campaign halts.'}
        </p>
      </>
    ),
  }),
  advance: () => ({
    title: 'Skip the rest of the soak?',
    verb: 'Skip the soak',
    reason: 'required',
    text: <p>The gate is judged now instead of after the soak. A failing gate, or one without data, is not skipped.</p>,
  }),
  override: (campaign) => ({
    title: `Pass wave ${campaign.currentWave ?? ''} without its data?`,
    verb: 'Pass the wave',
    danger: true,
    reason: 'required',
    text: (
      <>
        <p>{campaign.sentence}</p>
        <p>
          The wave passes on your word and the next one opens. A limit that is broken cannot be passed like this. Your
          name and reason are kept with the decision.
        </p>
      </>
    ),
  }),
  stop: (campaign) => ({
    title: `Stop ${campaign.name}?`,
    verb: 'Stop the campaign',
    danger: true,
    reason: 'required',
    text: <StopEffects campaign={campaign} />,
  }),
  rollback: (campaign) => {
    const { counters } = campaign;
    const updated = counters.succeeded;
    return {
      title: `Roll back ${campaign.name}?`,
      verb: 'Roll back',
      danger: true,
      reason: 'required',
      ...(updated > FEW ? { type: String(updated) } : {}),
      text: (
        <>
          <p>
            <strong>{many(updated, 'updated device')}</strong> return to their own last known good release, as a
            campaign of its own that you can follow.
          </p>
          <p>
            <strong>{count(counters.inFlight)}</strong> in flight are cancelled where that is still possible;{' '}
            <strong>{count(counters.waiting + counters.queued)}</strong> not started will not start.
          </p>
        </>
      ),
    };
  },
};

/** The dialog before an action in the dangerous direction: what it does to which devices, counted now. */
export function CampaignDialog({ verb, campaign, busy, error, onClose, onConfirm }: CampaignDialogProps) {
  const script = scripts[verb](campaign);
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title={script.title}
      verb={script.verb}
      danger={script.danger ?? false}
      {...(script.reason ? { reason: script.reason } : {})}
      type={script.type}
      busy={busy}
      error={error}
      onConfirm={onConfirm}
    >
      {script.text}
    </ConfirmAction>
  );
}
