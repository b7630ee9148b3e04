import { Button } from '@mantine/core';
import { endSession } from '@muster/contracts/access/access.routes';
import { useQuery } from '@tanstack/react-query';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { DataTable } from '../../ui/data-table.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { sessionsQuery } from './session.queries.js';

/** Where this person is signed in, and how to end a session left open somewhere. */
export function SessionsPanel() {
  const sessions = useQuery(sessionsQuery);
  const end = useAction(endSession, { stale: [['sessions']] });
  return (
    <Panel title="Your sessions" bare>
      {end.isError ? <ProblemNotice error={end.error} /> : null}
      <Answer query={sessions}>
        {({ items }) => (
          <DataTable
            caption="Your sessions"
            rows={items}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'which',
                head: 'Session',
                cell: (row) => (row.current ? <b>This one</b> : <span className="soft">Another browser</span>),
              },
              { key: 'created', head: 'Signed in', cell: (row) => <RelativeTime at={row.createdAt} /> },
              { key: 'seen', head: 'Last used', cell: (row) => <RelativeTime at={row.lastSeenAt} /> },
              { key: 'ends', head: 'Ends', cell: (row) => <RelativeTime at={row.expiresAt} /> },
              {
                key: 'end',
                head: '',
                align: 'right',
                cell: (row) =>
                  row.current ? null : (
                    <Button
                      variant="subtle"
                      color="gray"
                      size="compact-xs"
                      onClick={() => end.mutate({ params: { sessionId: row.id } })}
                    >
                      End it
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Answer>
    </Panel>
  );
}
