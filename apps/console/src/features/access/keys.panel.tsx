import { Button } from '@mantine/core';
import { revokeApiKey } from '@muster/contracts/access/access.routes';
import type { ApiKey } from '@muster/contracts/access/access.schema';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { many } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { NewKeyDialog } from './new-key-dialog.js';
import { apiKeysQuery, useMay } from './session.queries.js';

/** API keys: each with its own permissions and an end. */
export function KeysPanel() {
  const keys = useQuery(apiKeysQuery);
  const may = useMay('access:write');
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<ApiKey | null>(null);
  const revoke = useAction(revokeApiKey, { stale: [['api-keys']], onDone: () => setEnding(null) });
  const add = (
    <Button
      leftSection={<IconPlus size={14} />}
      disabled={!may}
      title={may ? undefined : 'Needs the permission access:write'}
      onClick={() => setMaking(true)}
    >
      New API key
    </Button>
  );
  return (
    <Panel title="API keys" aside="for programs; people sign in" actions={add} bare>
      <Answer query={keys}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No API keys yet">
              Send one as <code>Authorization: Bearer …</code> to <code>/api/v1</code>.
            </EmptyState>
          ) : (
            <DataTable
              caption="API keys"
              rows={items}
              rowKey={(row) => row.id}
              columns={[
                { key: 'name', head: 'Name', cell: (row) => <b>{row.name}</b> },
                { key: 'prefix', head: 'Key', cell: (row) => <code>{row.prefix}…</code> },
                {
                  key: 'may',
                  head: 'May',
                  cell: (row) => (
                    <span title={row.permissions.join('\n')}>{many(row.permissions.length, 'permission')}</span>
                  ),
                },
                { key: 'used', head: 'Last used', cell: (row) => <RelativeTime at={row.lastUsedAt} /> },
                {
                  key: 'ends',
                  head: 'Ends',
                  cell: (row) =>
                    row.revokedAt ? (
                      <span className="quiet">
                        revoked <RelativeTime at={row.revokedAt} />
                      </span>
                    ) : (
                      <RelativeTime at={row.expiresAt} />
                    ),
                },
                {
                  key: 'end',
                  head: '',
                  align: 'right',
                  cell: (row) =>
                    row.revokedAt || !may ? null : (
                      <Button
                        variant="subtle"
                        color="gray"
                        size="compact-xs"
                        aria-label={`Revoke ${row.name}`}
                        onClick={() => setEnding(row)}
                      >
                        Revoke…
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Answer>
      {making ? <NewKeyDialog onClose={() => setMaking(false)} /> : null}
      <ConfirmAction
        opened={ending !== null}
        onClose={() => setEnding(null)}
        title={`Revoke ${ending?.name ?? ''}?`}
        verb="Revoke"
        danger
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => ending && revoke.mutate({ params: { keyId: ending.id } })}
      >
        <p>Whatever uses it is refused from now on. It cannot be brought back.</p>
      </ConfirmAction>
    </Panel>
  );
}
