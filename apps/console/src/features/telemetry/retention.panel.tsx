import { Button } from '@mantine/core';
import { setRetention } from '@muster/contracts/telemetry/retention.routes';
import type { RetentionPolicy } from '@muster/contracts/telemetry/retention.schema';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { DataTable } from '../../ui/data-table.js';
import { Panel } from '../../ui/panel.js';
import { useMay } from '../access/session.queries.js';
import { IfThere } from './if-there.js';
import { retentionQuery } from './ingest.queries.js';
import { RetentionDialog } from './retention-dialog.js';
import { consequencesOf, daysWords } from './retention-words.js';

const nameOf = (policy: RetentionPolicy) => policy.class ?? 'All devices';

/** What is kept for how long: the tenant first, then classes that differ. */
export function RetentionPanel() {
  const retention = useQuery(retentionQuery);
  const may = useMay('telemetry:retain');
  const [changing, setChanging] = useState<RetentionPolicy | 'new' | null>(null);
  const [removing, setRemoving] = useState<RetentionPolicy | null>(null);
  const remove = useAction(setRetention, { stale: [['retention']], onDone: () => setRemoving(null) });
  const policies = retention.data?.policies ?? [];
  const tenant = policies.find((one) => one.class === null);
  const barred = may ? undefined : 'Needs the permission telemetry:retain';
  return (
    <Panel
      title="Retention"
      actions={
        <Button
          variant="default"
          leftSection={<IconPlus size={14} />}
          disabled={!may || !tenant}
          title={barred}
          onClick={() => setChanging('new')}
        >
          For a class…
        </Button>
      }
      bare
    >
      <IfThere query={retention} what="Retention" lines={3}>
        {() => (
          <DataTable
            caption="Retention policies"
            rows={policies}
            rowKey={(row) => row.class ?? ''}
            columns={[
              { key: 'of', head: 'Of', cell: nameOf },
              { key: 'raw', head: 'Raw data', cell: (row) => daysWords(row.rawDays) },
              { key: 'hourly', head: 'Hourly values', cell: (row) => daysWords(row.hourlyDays) },
              { key: 'long', head: 'Daily and weekly', cell: () => <span className="quiet">always</span> },
              { key: 'warm', head: 'Rewritten after', cell: (row) => daysWords(row.warmAfterDays) },
              { key: 'archive', head: 'Archived', cell: (row) => (row.archive ? 'as Parquet' : 'no') },
              {
                key: 'end',
                head: '',
                align: 'right',
                cell: (row) => (
                  <>
                    {row.class === null ? null : (
                      <Button
                        variant="subtle"
                        color="gray"
                        size="compact-xs"
                        disabled={!may}
                        title={barred}
                        aria-label={`Remove the policy of ${row.class}`}
                        onClick={() => setRemoving(row)}
                      >
                        Remove
                      </Button>
                    )}
                    <Button
                      variant="subtle"
                      color="gray"
                      size="compact-xs"
                      disabled={!may}
                      title={barred}
                      aria-label={`Change retention of ${nameOf(row)}`}
                      onClick={() => setChanging(row)}
                    >
                      Change…
                    </Button>
                  </>
                ),
              },
            ]}
          />
        )}
      </IfThere>
      {changing ? (
        <RetentionDialog
          policies={policies}
          policy={changing === 'new' ? null : changing}
          onClose={() => setChanging(null)}
        />
      ) : null}
      {removing && tenant ? (
        <ConfirmAction
          opened
          onClose={() => setRemoving(null)}
          title={`Let ${nameOf(removing)} follow the policy of all devices?`}
          verb="Remove the policy"
          danger={consequencesOf(removing, tenant).some(({ removes }) => removes)}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate({ body: { policies: policies.filter((one) => one !== removing) } })}
        >
          <ul>
            {consequencesOf(removing, tenant).map(({ text }) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </ConfirmAction>
      ) : null}
    </Panel>
  );
}
