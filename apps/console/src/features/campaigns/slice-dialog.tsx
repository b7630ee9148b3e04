import { Button, Checkbox, Modal, Textarea } from '@mantine/core';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import type { FailureCluster } from '@muster/contracts/campaigns/executions.schema';
import { useState } from 'react';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { attributeWords } from './attribute-words.js';
import { type CampaignAction, CampaignMoved } from './use-campaign-action.js';

type Shared = FailureCluster['attributes'][number];

interface SliceDialogProps {
  readonly campaign: Campaign;
  readonly shared: Shared;
  readonly action: CampaignAction;
  readonly onClose: () => void;
}

/** Leaves the waiting devices of a slice out, with a reason, and lets the campaign go on without them. */
export function SliceDialog({ campaign, shared, action, onClose }: SliceDialogProps) {
  const stands = ['halted', 'held', 'paused', 'pausing'].includes(campaign.state);
  const [reason, setReason] = useState('');
  const [resume, setResume] = useState(stands);
  const slice = `${attributeWords(shared.attribute)} ${shared.value}`;
  const close = () => {
    action.reset();
    onClose();
  };
  const submit = () =>
    action.mutate(
      {
        verb: 'exclude',
        seen: campaign,
        slice: { attribute: shared.attribute, value: shared.value, reason: reason.trim(), resume: stands && resume },
      },
      {
        onSuccess: onClose,
        onError: (error) => {
          if (error instanceof CampaignMoved) onClose();
        },
      },
    );
  return (
    <Modal opened onClose={close} title={`Leave out devices with ${slice}?`}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim() !== '') submit();
        }}
      >
        <p>
          Waiting devices with <strong>{slice}</strong>, of{' '}
          {many(campaign.counters.waiting + campaign.counters.queued, 'device')} that have not started, are taken out
          and listed among the exclusions. Those already updated or in flight are not touched, and what failed so far
          stays counted.
        </p>
        <Textarea
          label="Reason"
          description="Goes into the decisions and the audit trail"
          autosize
          minRows={2}
          maxLength={500}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {stands ? (
          <Checkbox
            label="And go on with the others"
            checked={resume}
            onChange={(event) => setResume(event.currentTarget.checked)}
          />
        ) : null}
        {action.error && !(action.error instanceof CampaignMoved) ? <ProblemNotice error={action.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" disabled={reason.trim() === ''} loading={action.isPending}>
            {stands && resume ? 'Leave out and resume' : 'Leave out'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
