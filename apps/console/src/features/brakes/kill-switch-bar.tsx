import { Button } from '@mantine/core';
import { IconHandStop } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type CSSProperties, useState } from 'react';
import { RelativeTime } from '../../ui/relative-time.js';
import { useMay } from '../access/session.queries.js';
import { killSwitchQuery } from './brakes.queries.js';
import classes from './kill-switch.module.css';
import { KillSwitchDialog } from './kill-switch-dialog.js';

/** The button is the bar's own colours turned round, in both schemes. */
const toStop = { '--button-bg': 'var(--on-stop)', '--button-color': 'var(--stop)', flex: 'none' } as CSSProperties;

/** While the kill switch is engaged every page says so first: since when, by whom and why. */
export function KillSwitchBar() {
  const { data } = useQuery(killSwitchQuery);
  const may = useMay('fleet:stop');
  const [asking, setAsking] = useState(false);
  if (!data?.engaged) return null;
  return (
    <div className={classes.bar} role="alert">
      <IconHandStop size={17} aria-hidden />
      <p>
        <b>Everything is stopped.</b> No campaign offers anything and no command is sent
        {data.by ? `, by ${data.by}` : ''}
        {data.since ? (
          <>
            {' '}
            since <RelativeTime at={data.since} />
          </>
        ) : null}
        {data.reason ? `: ${data.reason}` : ''}
      </p>
      <Button
        variant="white"
        size="compact-xs"
        style={toStop}
        disabled={!may}
        title={may ? undefined : 'Needs the permission fleet:stop'}
        onClick={() => setAsking(true)}
      >
        Release…
      </Button>
      {asking ? <KillSwitchDialog engage={false} onClose={() => setAsking(false)} /> : null}
    </div>
  );
}
