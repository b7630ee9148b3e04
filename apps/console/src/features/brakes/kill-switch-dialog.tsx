import { setKillSwitch } from '@muster/contracts/campaigns/brakes.routes';
import { useQueryClient } from '@tanstack/react-query';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { killSwitchQuery } from './brakes.queries.js';

interface KillSwitchDialogProps {
  readonly engage: boolean;
  readonly onClose: () => void;
}

/** Stops everything, or lets it go on; both with a reason that everybody reads. */
export function KillSwitchDialog({ engage, onClose }: KillSwitchDialogProps) {
  const cache = useQueryClient();
  const set = useAction(setKillSwitch, {
    stale: [['campaigns'], ['campaign']],
    onDone: (killSwitch) => {
      cache.setQueryData(killSwitchQuery.queryKey, killSwitch);
      onClose();
    },
  });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title={engage ? 'Stop everything?' : 'Release the kill switch?'}
      verb={engage ? 'Stop everything' : 'Release'}
      danger={engage}
      reason="required"
      busy={set.isPending}
      error={set.error}
      onConfirm={(reason) => set.mutate({ body: { engaged: engage, reason } })}
    >
      {engage ? (
        <ul>
          <li>Every moving campaign is paused at once, rollbacks too.</li>
          <li>No device is offered anything and no command is sent.</li>
          <li>What a device already installs, it finishes; telemetry and configs are not touched.</li>
        </ul>
      ) : (
        <p>
          Commands are sent and campaigns may start again. Campaigns that were paused stay paused until somebody resumes
          each of them.
        </p>
      )}
    </ConfirmAction>
  );
}
