import { Button, Menu } from '@mantine/core';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { IconDots, IconPencil, IconPlayerPause } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useMay, usePrincipal } from '../access/session.queries.js';
import { CampaignDialog, type DialogVerb } from './campaign-dialog.js';
import { type CampaignVerb, canEdit, canRetry, verbLabels, verbsOf } from './campaign-verbs.js';
import { EvidenceItem } from './evidence-item.js';
import { RetryItem } from './retry-item.js';
import { type CampaignAction, CampaignMoved } from './use-campaign-action.js';
import { usePauseKey } from './use-pause-key.js';

interface CampaignActionsProps {
  readonly campaign: Campaign;
  readonly action: CampaignAction;
}

/** Why this person may not do it, in words; undefined when they may. */
const useWhyNot = (campaign: Campaign) => {
  const mayOperate = useMay('campaign:operate');
  const mayApprove = useMay('campaign:approve');
  const me = usePrincipal();
  return (verb: CampaignVerb): string | undefined => {
    if (verb !== 'approve' && verb !== 'deny') return mayOperate ? undefined : 'Needs the permission campaign:operate';
    if (!mayApprove) return 'Needs the permission campaign:approve';
    return verb === 'approve' && me?.name === campaign.createdBy
      ? 'You created it: somebody else must approve it'
      : undefined;
  };
};

/** Pause is one press and the key P; everything in the dangerous direction asks first and says what it will do. */
export function CampaignActions({ campaign, action }: CampaignActionsProps) {
  const [dialog, setDialog] = useState<DialogVerb | null>(null);
  const whyNot = useWhyNot(campaign);
  const verbs = verbsOf(campaign);
  const at = (verb: CampaignVerb, reason?: string) =>
    action.mutate(
      { verb, seen: campaign, ...(reason ? { reason } : {}) },
      {
        onSuccess: () => setDialog(null),
        // The page shows both sides then; a dialog over them would hide them.
        onError: (error) => {
          if (error instanceof CampaignMoved) setDialog(null);
        },
      },
    );
  const pausable = verbs.includes('pause') && whyNot('pause') === undefined;
  usePauseKey(pausable ? () => at('pause') : null);

  // While a campaign moves, the one button is Pause; what to do about it comes to the front once it stands still.
  const main = verbs.includes('pause')
    ? []
    : (['launch', 'approve', 'deny', 'resume', 'rollback'] as const).filter((verb) => verbs.includes(verb));
  const rest = verbs.filter((verb) => verb !== 'pause' && !(main as readonly CampaignVerb[]).includes(verb));

  return (
    <>
      {canEdit(campaign.state) ? (
        <Button
          variant="default"
          leftSection={<IconPencil size={14} />}
          renderRoot={(props) => (
            <Link to="/campaigns/$campaignId/edit" params={{ campaignId: campaign.id }} {...props} />
          )}
        >
          Edit
        </Button>
      ) : null}
      {verbs.includes('pause') ? (
        <Button
          leftSection={<IconPlayerPause size={14} />}
          disabled={!pausable}
          title={whyNot('pause') ?? 'Offer nothing more; what runs, runs on (P)'}
          loading={action.isPending && action.variables?.verb === 'pause'}
          onClick={() => at('pause')}
        >
          Pause
        </Button>
      ) : null}
      {main.map((verb, index) => (
        <Button
          key={verb}
          variant={index === 0 && verb !== 'rollback' ? 'filled' : 'default'}
          disabled={whyNot(verb) !== undefined}
          title={whyNot(verb)}
          onClick={() => setDialog(verb)}
        >
          {verbLabels[verb]}
        </Button>
      ))}
      <Menu width={230}>
        <Menu.Target>
          <Button variant="default" px={8} aria-label="More actions">
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {rest.map((verb) => (
            <Menu.Item
              key={verb}
              disabled={whyNot(verb) !== undefined}
              title={whyNot(verb)}
              onClick={() => (verb === 'hold' ? at('hold') : setDialog(verb as DialogVerb))}
            >
              {verbLabels[verb]}
            </Menu.Item>
          ))}
          {canRetry(campaign) ? <RetryItem campaign={campaign} /> : null}
          {rest.length > 0 || canRetry(campaign) ? <Menu.Divider /> : null}
          <EvidenceItem campaign={campaign} />
        </Menu.Dropdown>
      </Menu>
      {dialog ? (
        <CampaignDialog
          verb={dialog}
          campaign={campaign}
          busy={action.isPending}
          error={action.error instanceof CampaignMoved ? null : action.error}
          onClose={() => {
            action.reset();
            setDialog(null);
          }}
          onConfirm={(reason) => at(dialog, reason)}
        />
      ) : null}
    </>
  );
}
