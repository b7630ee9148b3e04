import { dismissClone, quarantineDevice } from '@muster/contracts/devices/devices.routes';
import type { Device } from '@muster/contracts/devices/devices.schema';
import { IconCopy } from '@tabler/icons-react';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { MayButton } from '../access/may-button.js';
import classes from './certificates.module.css';

/** An identity that seems to be in use in two places: cut it off, or say that it is not so. */
export function CloneNotice({ device }: { readonly device: Device }) {
  const [asking, setAsking] = useState<'quarantine' | 'dismiss' | null>(null);
  const close = () => setAsking(null);
  const stale = [['device', device.id], ['devices'], ['fleet'], ['trust']];
  const quarantine = useAction(quarantineDevice, { stale, onDone: close });
  const dismiss = useAction(dismissClone, { stale, onDone: close });
  const params = { deviceId: device.id };
  if (!device.cloneSuspectedAt) return null;
  const out = device.state === 'quarantined';
  return (
    <div className={classes.notice} data-tone="bad" role="status">
      <IconCopy size={18} aria-hidden />
      <p>
        <b>Its identity seems to be in use in two places</b> since <RelativeTime at={device.cloneSuspectedAt} />.
        Somebody may have copied its key; the tab Certificate says from where it connects.
      </p>
      <MayButton permission="device:write" variant="default" size="compact-xs" onClick={() => setAsking('dismiss')}>
        It is none…
      </MayButton>
      {out ? null : (
        <MayButton permission="device:decommission" size="compact-xs" onClick={() => setAsking('quarantine')}>
          Quarantine…
        </MayButton>
      )}
      {asking === 'quarantine' ? (
        <ConfirmAction
          opened
          onClose={close}
          title={`Quarantine: ${device.name}`}
          verb="Quarantine"
          danger
          reason="required"
          busy={quarantine.isPending}
          error={quarantine.error}
          onConfirm={(reason) => quarantine.mutate({ params, body: { reason }, match: device.version })}
        >
          <p>
            The sessions of both are cut and their connections refused, since nobody can tell which one is yours. Then
            let the right one enrol once more with a new key.
          </p>
        </ConfirmAction>
      ) : null}
      {asking === 'dismiss' ? (
        <ConfirmAction
          opened
          onClose={close}
          title="It is no clone?"
          verb="Say so"
          reason="required"
          busy={dismiss.isPending}
          error={dismiss.error}
          onConfirm={(reason) => dismiss.mutate({ params, body: { reason } })}
        >
          <p>The notice goes, and comes back if it happens again. Two ways out of one site look like this.</p>
        </ConfirmAction>
      ) : null}
    </div>
  );
}
