import { revokeRegisteredKey } from '@muster/contracts/enrollment/bulk.routes';
import type { RegisteredKey } from '@muster/contracts/enrollment/bulk.schema';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { z } from 'zod';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { Copyable } from '../../ui/copyable.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { PagedList } from '../../ui/paged-list.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MayButton } from '../access/may-button.js';
import { BulkKeysDialog } from './bulk-keys-dialog.js';
import { registeredKeysQuery } from './enrollment.queries.js';
import { revokeColumn } from './revoke-column.js';

type Key = z.infer<typeof RegisteredKey>;

const stateOf = (key: Key) => (key.revokedAt !== null ? 'revoked' : key.usedAt !== null ? 'used' : 'waiting');

/** Keys devices were made with: whoever proves one enrols as the device it was registered for. */
export function RegisteredKeysPanel() {
  const keys = useInfiniteQuery(registeredKeysQuery);
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Key | null>(null);
  const revoke = useAction(revokeRegisteredKey, { stale: [['registered-keys']], onDone: () => setEnding(null) });
  const columns: readonly Column<Key>[] = [
    {
      key: 'serial',
      head: 'Serial',
      cell: (row) => (
        <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} className="link">
          {row.serial}
        </Link>
      ),
    },
    { key: 'model', head: 'Model', cell: (row) => row.model },
    { key: 'state', head: 'State', cell: (row) => <StatusBadge noun="registeredKey" state={stateOf(row)} /> },
    {
      key: 'key',
      head: 'Key (SHA-256)',
      cell: (row) => <Copyable text={row.keySha256} label={`key of ${row.serial}`} head={20} />,
    },
    { key: 'used', head: 'Enrolled', cell: (row) => <RelativeTime at={row.usedAt} /> },
    { key: 'since', head: 'Registered', cell: (row) => <RelativeTime at={row.createdAt} /> },
    { key: 'by', head: 'By', cell: (row) => <span className="soft">{row.createdBy}</span> },
    revokeColumn<Key>({
      nameOf: ({ serial }) => `the key of ${serial}`,
      mayEnd: ({ revokedAt }) => revokedAt === null,
      onRevoke: setEnding,
    }),
  ];
  return (
    <Panel
      title="Registered keys"
      aside="newest first"
      actions={
        <MayButton permission="enrollment:write" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
          Register keys
        </MayButton>
      }
      bare
    >
      <PagedList
        query={keys}
        empty={
          <EmptyState title="No keys are registered">
            When devices are made with a key inside, hand in the list of their serial numbers and keys: each device then
            enrols by proving its key, without any secret to carry to it.
          </EmptyState>
        }
      >
        {(rows) => <DataTable caption="Registered keys" rows={rows} rowKey={(row) => row.id} columns={columns} />}
      </PagedList>
      {adding ? <BulkKeysDialog onClose={() => setAdding(false)} /> : null}
      {ending ? (
        <ConfirmAction
          opened
          onClose={() => setEnding(null)}
          title={`Revoke the key of ${ending.serial}?`}
          verb="Revoke"
          danger
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate({ params: { keyId: ending.id } })}
        >
          <p>No device enrols by it again. A certificate that the device has already stays valid.</p>
        </ConfirmAction>
      ) : null}
    </Panel>
  );
}
