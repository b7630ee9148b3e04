import { Button } from '@mantine/core';
import type { RouteAnswer } from '@muster/contracts/route';
import { dropDeadLetters, replayDeadLetters } from '@muster/contracts/telemetry/telemetry.routes';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { useMay } from '../access/session.queries.js';
import { deviceQuery } from '../devices/devices.queries.js';

interface DeadLettersBulkProps {
  readonly reason: string | undefined;
  readonly deviceId: string | undefined;
}

const stale = [['dead-letters'], ['ingest']];

/** Replays or drops every open message of a reason or a device at once; asks first, for there may be thousands. */
export function DeadLettersBulk({ reason, deviceId }: DeadLettersBulkProps) {
  const may = useMay('dead_letter:write');
  const device = useQuery({ ...deviceQuery(deviceId ?? ''), enabled: deviceId !== undefined }).data;
  const [asking, setAsking] = useState<'replay' | 'drop' | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const say = (verb: string) => (result: RouteAnswer<typeof replayDeadLetters>) => {
    setAsking(null);
    setDone(`${many(result.count, 'message')} ${verb}${result.more ? '; there are more of them, so ask again' : ''}.`);
  };
  const replay = useAction(replayDeadLetters, { stale, onDone: say('replayed') });
  const drop = useAction(dropDeadLetters, { stale, onDone: say('given up') });
  const action = asking === 'drop' ? drop : replay;
  const which = [reason ? `with the reason ${reason}` : null, deviceId ? `of ${device?.name ?? 'this device'}` : null]
    .filter(Boolean)
    .join(' ');
  const barred = may ? undefined : 'Needs the permission dead_letter:write';
  return (
    <div className={layout.filters} role="toolbar" aria-label="With all of these">
      <Button variant="default" disabled={!may} title={barred} onClick={() => setAsking('replay')}>
        Replay all…
      </Button>
      <Button variant="default" disabled={!may} title={barred} onClick={() => setAsking('drop')}>
        Give all up…
      </Button>
      <span role="status" className="soft">
        {done}
      </span>
      {asking ? (
        <ConfirmAction
          opened
          onClose={() => setAsking(null)}
          title={asking === 'drop' ? 'Give all of these up?' : 'Replay all of these?'}
          verb={asking === 'drop' ? 'Give all up' : 'Replay all'}
          danger={asking === 'drop'}
          busy={action.isPending}
          error={action.error}
          onConfirm={() =>
            action.mutate({ body: { ...(reason ? { reason } : {}), ...(deviceId ? { deviceId } : {}) } })
          }
        >
          <p>
            Every open message {which}, also those further down than this list shows.{' '}
            {asking === 'drop'
              ? 'What is in them is never measured data.'
              : 'What is refused again comes back as a new dead letter.'}
          </p>
        </ConfirmAction>
      ) : null}
    </div>
  );
}
