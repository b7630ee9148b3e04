import { Button, Modal, MultiSelect, TextInput } from '@mantine/core';
import { createMailRecipient, deleteMailRecipient } from '@muster/contracts/notifications/notifications.routes';
import { webhookTypes } from '@muster/contracts/notifications/notifications.schema';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { useMay } from '../access/session.queries.js';
import { mailRecipientsQuery } from './notifications.queries.js';

type MailType = (typeof webhookTypes)[number];

const usual: MailType[] = ['campaign.halted', 'campaign.stalled', 'campaign.awaiting_approval', 'kill_switch.changed'];

function NewDialog({ onClose }: { readonly onClose: () => void }) {
  const [address, setAddress] = useState('');
  const [types, setTypes] = useState<MailType[]>(usual);
  const create = useAction(createMailRecipient, { stale: [['mail-recipients']], onDone: onClose });
  return (
    <Modal opened onClose={onClose} title="New mail recipient" size={520}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ body: { address: address.trim(), types } });
        }}
      >
        <TextInput
          label="E-mail address"
          type="email"
          placeholder="on-call@example.com"
          required
          data-autofocus
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
        />
        <MultiSelect
          label="What to tell"
          data={[...webhookTypes]}
          value={types}
          onChange={(values) => setTypes(values as MailType[])}
        />
        {create.isError ? <ProblemNotice error={create.error} /> : null}
        <div className={layout.buttons}>
          <Button type="submit" loading={create.isPending} disabled={types.length === 0 || address.trim() === ''}>
            Add
          </Button>
        </div>
      </form>
    </Modal>
  );
}

/** People who are told by e-mail, and whether the installation can send any. */
export function MailPanel() {
  const may = useMay('notification:write');
  const recipients = useQuery({ ...mailRecipientsQuery, enabled: may });
  const [making, setMaking] = useState(false);
  const remove = useAction(deleteMailRecipient, { stale: [['mail-recipients']] });
  if (!may) return null;
  return (
    <Panel
      title="Mail"
      aside={recipients.data?.configured === false ? 'no SMTP server is set: nothing is sent' : undefined}
      actions={
        <Button leftSection={<IconPlus size={14} />} onClick={() => setMaking(true)}>
          New recipient
        </Button>
      }
      bare
    >
      {remove.isError ? <ProblemNotice error={remove.error} /> : null}
      <Answer query={recipients}>
        {({ items, configured }) =>
          items.length === 0 ? (
            <EmptyState title="Nobody is told by e-mail">
              {configured ? (
                'Halts, stalls and requests for approval can be sent to anybody.'
              ) : (
                <>
                  Start the server with <code>MUSTER_SMTP_URL</code> to send halts, stalls and requests for approval.
                </>
              )}
            </EmptyState>
          ) : (
            <DataTable
              caption="Mail recipients"
              rows={items}
              rowKey={(row) => row.id}
              columns={[
                { key: 'address', head: 'Address', cell: (row) => <b>{row.address}</b> },
                { key: 'types', head: 'Told about', cell: (row) => row.types.join(', ') },
                {
                  key: 'last',
                  head: 'Last mail',
                  cell: (row) =>
                    row.lastError ? (
                      <span title={row.lastError}>
                        failed <RelativeTime at={row.lastAt} className="quiet" />
                      </span>
                    ) : (
                      <RelativeTime at={row.lastAt} never="none yet" />
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
                      aria-label={`Remove ${row.address}`}
                      onClick={() => remove.mutate({ params: { recipientId: row.id } })}
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
