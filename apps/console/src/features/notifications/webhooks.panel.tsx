import { Button, Modal, MultiSelect, TextInput } from '@mantine/core';
import { createWebhook, deleteWebhook } from '@muster/contracts/notifications/notifications.routes';
import { webhookTypes } from '@muster/contracts/notifications/notifications.schema';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { CopyCommand } from '../../ui/copy-command.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { useMay } from '../access/session.queries.js';
import { webhooksQuery } from './notifications.queries.js';

type WebhookType = (typeof webhookTypes)[number];

function NewDialog({ onClose }: { readonly onClose: () => void }) {
  const [url, setUrl] = useState('');
  const [types, setTypes] = useState<WebhookType[]>(['campaign.halted', 'campaign.rollback_finished']);
  const create = useAction(createWebhook, { stale: [['webhooks']] });
  return (
    <Modal opened onClose={onClose} title="New webhook" size={560}>
      {create.data ? (
        <div className={layout.form}>
          <p className="soft">Deliveries are signed with this secret (Standard Webhooks). It is shown only now.</p>
          <CopyCommand command={create.data.secret} label="Signing secret" />
          <div className={layout.buttons}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      ) : (
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({ body: { url: url.trim(), types } });
          }}
        >
          <TextInput
            label="Address"
            type="url"
            placeholder="https://example.com/hooks/muster"
            required
            data-autofocus
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
          <MultiSelect
            label="What to tell"
            data={[...webhookTypes]}
            value={types}
            onChange={(values) => setTypes(values as WebhookType[])}
          />
          {create.isError ? <ProblemNotice error={create.error} /> : null}
          <div className={layout.buttons}>
            <Button type="submit" loading={create.isPending} disabled={types.length === 0 || url.trim() === ''}>
              Add
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}

/** Addresses that are told what happens, each delivery signed. */
export function WebhooksPanel() {
  const may = useMay('notification:write');
  const webhooks = useQuery({ ...webhooksQuery, enabled: may });
  const [making, setMaking] = useState(false);
  const remove = useAction(deleteWebhook, { stale: [['webhooks']] });
  if (!may)
    return (
      <Panel title="Webhooks">
        <p className="soft">Seeing webhooks needs the permission notification:write.</p>
      </Panel>
    );
  return (
    <Panel
      title="Webhooks"
      actions={
        <Button leftSection={<IconPlus size={14} />} onClick={() => setMaking(true)}>
          New webhook
        </Button>
      }
      bare
    >
      {remove.isError ? <ProblemNotice error={remove.error} /> : null}
      <Answer query={webhooks}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="No webhooks yet">Halts and finished campaigns can be told to any address.</EmptyState>
          ) : (
            <DataTable
              caption="Webhooks"
              rows={items}
              rowKey={(row) => row.id}
              columns={[
                { key: 'url', head: 'Address', cell: (row) => <code>{row.url}</code> },
                { key: 'types', head: 'Told about', cell: (row) => row.types.join(', ') },
                {
                  key: 'last',
                  head: 'Last delivery',
                  cell: (row) =>
                    row.lastAt ? (
                      <span title={row.lastError ?? undefined}>
                        {row.lastStatus ?? 'no answer'} <RelativeTime at={row.lastAt} className="quiet" />
                      </span>
                    ) : (
                      <span className="quiet">none yet</span>
                    ),
                },
                {
                  key: 'end',
                  head: '',
                  align: 'right',
                  cell: (row) => (
                    <Button
                      variant="subtle"
                      color="gray"
                      size="compact-xs"
                      aria-label={`Remove ${row.url}`}
                      onClick={() => remove.mutate({ params: { webhookId: row.id } })}
                    >
                      Remove
                    </Button>
                  ),
                },
              ]}
            />
          )
        }
      </Answer>
      {making ? <NewDialog onClose={() => setMaking(false)} /> : null}
    </Panel>
  );
}
