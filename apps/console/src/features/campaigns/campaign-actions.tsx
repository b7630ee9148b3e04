import { Button, Menu } from '@mantine/core';
import type { Campaign } from '@muster/contracts/campaigns/campaigns.schema';
import { campaign as machine } from '@muster/domain/campaigns/campaign.machine';
import { IconDots, IconPlayerPause } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { useMay, usePrincipal } from '../access/session.queries.js';
import { CampaignDialog, type DialogVerb } from './campaign-dialog.js';
import { type CampaignVerb, useCampaignAction } from './use-campaign-action.js';

const labels: Record<CampaignVerb, string> = {
  launch: 'Launch…',
  approve: 'Approve…',
  pause: 'Pause',
  resume: 'Resume…',
  hold: 'Hold after this wave',
  advance: 'Skip the soak…',
  stop: 'Stop…',
  rollback: 'Roll back…',
};

/** What the state machine allows now. Skipping a soak is no step of the machine: it needs a wave that soaks. */
const offered = (campaign: Campaign): CampaignVerb[] => {
  const events: readonly string[] = machine.allowed(campaign.state);
  const verbs = (['launch', 'approve', 'pause', 'resume', 'hold', 'stop', 'rollback'] as const).filter((verb) =>
    events.includes(verb),
  );
  const soaking = campaign.waves.some((wave) => wave.state === 'soaking');
  return soaking && (campaign.state === 'running' || campaign.state === 'held') ? [...verbs, 'advance'] : verbs;
};

/** Pause is one press and the key P; everything in the dangerous direction asks first and says what it will do. */
export function CampaignActions({ campaign }: { readonly campaign: Campaign }) {
  const [dialog, setDialog] = useState<DialogVerb | null>(null);
  const mayOperate = useMay('campaign:operate');
  const mayApprove = useMay('campaign:approve');
  const me = usePrincipal();
  const action = useCampaignAction(() => setDialog(null));
  const verbs = offered(campaign);
  const { mutate } = action;

  const at = (verb: 'pause' | 'hold') => mutate({ verb, seen: campaign });

  const canPause = verbs.includes('pause') && mayOperate;
  useEffect(() => {
    if (!canPause) return;
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest('input, textarea, select, [role="dialog"]');
      if (event.key === 'p' && !event.ctrlKey && !event.metaKey && !typing) mutate({ verb: 'pause', seen: campaign });
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [canPause, campaign, mutate]);

  const why = (verb: CampaignVerb): string | undefined => {
    if (verb === 'approve' && !mayApprove) return 'Needs the permission campaign:approve';
    if (verb === 'approve' && me?.name === campaign.createdBy) return 'Who created it may not approve it';
    return verb !== 'approve' && !mayOperate ? 'Needs the permission campaign:operate' : undefined;
  };
  // While a campaign moves, the one button is Pause; what to do about it comes to the front once it stands still.
  const main = verbs.includes('pause')
    ? []
    : (['launch', 'approve', 'resume', 'rollback'] as const).filter((verb) => verbs.includes(verb));
  const rest = verbs.filter((verb) => verb !== 'pause' && !(main as readonly CampaignVerb[]).includes(verb));

  return (
    <>
      {action.isError && dialog === null ? <ProblemNotice error={action.error} /> : null}
      {verbs.includes('pause') ? (
        <Button
          leftSection={<IconPlayerPause size={14} />}
          disabled={!mayOperate}
          title={why('pause') ?? 'Offer nothing more; what runs, runs on (P)'}
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
          disabled={why(verb) !== undefined}
          title={why(verb)}
          onClick={() => setDialog(verb)}
        >
          {labels[verb]}
        </Button>
      ))}
      {rest.length > 0 ? (
        <Menu width={220}>
          <Menu.Target>
            <Button variant="default" px={8} aria-label="More actions">
              <IconDots size={16} />
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {rest.map((verb) => (
              <Menu.Item
                key={verb}
                disabled={why(verb) !== undefined}
                title={why(verb)}
                onClick={() => (verb === 'hold' ? at('hold') : setDialog(verb as DialogVerb))}
              >
                {labels[verb]}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {dialog ? (
        <CampaignDialog
          verb={dialog}
          campaign={campaign}
          busy={action.isPending}
          error={action.error}
          onClose={() => {
            action.reset();
            setDialog(null);
          }}
          onConfirm={(reason) => mutate({ verb: dialog, seen: campaign, reason })}
        />
      ) : null}
    </>
  );
}
