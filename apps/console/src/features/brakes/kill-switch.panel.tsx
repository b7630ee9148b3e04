import { Button } from '@mantine/core';
import { IconHandStop } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { Facts } from '../../ui/facts.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { useMay } from '../access/session.queries.js';
import { killSwitchQuery } from './brakes.queries.js';
import { KillSwitchDialog } from './kill-switch-dialog.js';

/** The kill switch: what it does, how it stands, and its one button. */
export function KillSwitchPanel() {
  const killSwitch = useQuery(killSwitchQuery);
  const may = useMay('fleet:stop');
  const [asking, setAsking] = useState(false);
  return (
    <Panel title="Kill switch" aside="for the whole tenant">
      <Answer query={killSwitch} lines={3}>
        {({ engaged, since, by, reason }) => (
          <div className={layout.form}>
            <p className="soft">
              Stops all campaigns and all commands at once, before the answer to the button comes back. Devices keep
              running, reporting and following their configs.
            </p>
            <Facts
              facts={[
                ['Now', engaged ? 'engaged: everything is stopped' : 'not engaged'],
                engaged && ['Since', <RelativeTime key="since" at={since} />],
                engaged && ['By', by ?? '—'],
                engaged && ['Reason', reason ?? '—'],
              ]}
            />
            <div>
              <Button
                {...(engaged ? { variant: 'default' } : { color: 'red.8' })}
                leftSection={<IconHandStop size={15} />}
                disabled={!may}
                title={may ? undefined : 'Needs the permission fleet:stop'}
                onClick={() => setAsking(true)}
              >
                {engaged ? 'Release…' : 'Stop everything…'}
              </Button>
            </div>
            {asking ? <KillSwitchDialog engage={!engaged} onClose={() => setAsking(false)} /> : null}
          </div>
        )}
      </Answer>
    </Panel>
  );
}
