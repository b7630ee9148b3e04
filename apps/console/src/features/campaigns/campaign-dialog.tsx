import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { ReactNode } from 'react';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { count, many } from '../../ui/format.js';
import type { CampaignVerb } from './use-campaign-action.js';

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

/** What each action will do to which devices, with the numbers as they are at this moment. */
const scriptFor = (verb: DialogVerb, campaign: Campaign): Script => {
  const { counters } = campaign;
  const notStarted = counters.waiting + counters.queued;
  const updated = counters.succeeded;
  const what = `${campaign.releaseName ?? campaign.name} ${campaign.releaseVersion ?? ''}`.trim();
  switch (verb) {
    case 'launch':
      return {
        title: `Launch ${campaign.name}?`,
        verb: 'Launch',
        text: (
          <p>
            The targets are frozen now and <strong>{what}</strong> is offered to the first wave. Later waves open only
            when the one before has passed its gate.
          </p>
        ),
      };
    case 'approve':
      return {
        title: `Approve ${campaign.name}?`,
        verb: 'Approve',
        reason: 'optional',
        text: <p>The campaign starts with its first wave, exactly as planned. You answer for it beside its creator.</p>,
      };
    case 'resume':
      return {
        title: campaign.state === 'halted' ? 'Resume after a halt?' : `Resume ${campaign.name}?`,
        verb: 'Resume',
        reason: campaign.state === 'halted' ? 'required' : 'optional',
        text: (
          <>
            {campaign.state === 'halted' ? <p>{campaign.sentence}</p> : null}
            <p>
              Offers go on to <strong>{many(notStarted, 'device')}</strong> not yet started. If the gate still fails,
              the campaign halts again.
            </p>
          </>
        ),
      };
    case 'advance':
      return {
        title: 'Skip the rest of the soak?',
        verb: 'Skip the soak',
        reason: 'required',
        text: (
          <p>The gate is judged now instead of after the soak. A failing gate, or one without data, is not skipped.</p>
        ),
      };
    case 'stop':
      return {
        title: `Stop ${campaign.name}?`,
        verb: 'Stop the campaign',
        danger: true,
        reason: 'required',
        text: (
          <ul>
            <li>
              <strong>{count(notStarted)}</strong> not started: will not start.
            </li>
            <li>
              <strong>{count(counters.inFlight)}</strong> in flight: cancelled if they have not begun to install; those
              past that point finish, and return by themselves if they fail.
            </li>
            <li>
              <strong>{count(updated)}</strong> already updated: stay as they are. Roll back returns them.
            </li>
          </ul>
        ),
      };
    case 'rollback':
      return {
        title: `Roll back ${campaign.name}?`,
        verb: 'Roll back',
        danger: true,
        reason: 'required',
        ...(updated > 25 ? { type: String(updated) } : {}),
        text: (
          <>
            <p>
              <strong>{many(updated, 'updated device')}</strong> return to their own last known good release, as a
              campaign of its own that you can follow.
            </p>
            <p>
              <strong>{count(counters.inFlight)}</strong> in flight are cancelled where that is still possible;{' '}
              <strong>{count(notStarted)}</strong> not started will not start.
            </p>
          </>
        ),
      };
  }
};

/** The dialog before an action in the dangerous direction. */
export function CampaignDialog({ verb, campaign, busy, error, onClose, onConfirm }: CampaignDialogProps) {
  const script = scriptFor(verb, campaign);
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
