import { Button, Modal, Select, TextInput } from '@mantine/core';
import { addMember } from '@muster/contracts/access/access.routes';
import type { Member } from '@muster/contracts/access/access.schema';
import { type Role, roles } from '@muster/contracts/access/permissions';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { CopyCommand } from '../../ui/copy-command.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { membersQuery, useMay } from './session.queries.js';

const columns: readonly Column<z.infer<typeof Member>>[] = [
  { key: 'name', head: 'Name', cell: (row) => <b>{row.name}</b> },
  { key: 'email', head: 'E-mail', cell: (row) => row.email },
  { key: 'role', head: 'Role', cell: (row) => words(row.role) },
  { key: 'created', head: 'Since', cell: (row) => <RelativeTime at={row.createdAt} /> },
];

function AddDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const add = useAction(addMember, { stale: [['members']] });
  return (
    <Modal opened onClose={onClose} title="Add a person" size={520}>
      {add.data ? (
        <div className={layout.form}>
          <p className="soft">Send {add.data.name} this link. It works once and is shown only now.</p>
          <CopyCommand command={add.data.signInLink} label="Sign-in link" />
          <div className={layout.buttons}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      ) : (
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            add.mutate({ body: { name: name.trim(), email: email.trim(), role } });
          }}
        >
          <TextInput
            label="Name"
            required
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="E-mail"
            type="email"
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Select
            label="Role"
            allowDeselect={false}
            data={roles.map((value) => ({ value, label: words(value) }))}
            value={role}
            onChange={(value) => setRole(value as Role)}
          />
          {add.isError ? <ProblemNotice error={add.error} /> : null}
          <div className={layout.buttons}>
            <Button type="submit" loading={add.isPending}>
              Add
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}

/** The people of this tenant and what each may do. */
export function PeoplePanel() {
  const members = useQuery(membersQuery);
  const may = useMay('access:write');
  const [adding, setAdding] = useState(false);
  return (
    <Panel
      title="People"
      actions={
        <Button
          leftSection={<IconPlus size={14} />}
          disabled={!may}
          title={may ? undefined : 'Needs the permission access:write'}
          onClick={() => setAdding(true)}
        >
          Add a person
        </Button>
      }
      bare
    >
      <Answer query={members}>
        {({ items }) => <DataTable caption="People" columns={columns} rows={items} rowKey={(row) => row.userId} />}
      </Answer>
      {adding ? <AddDialog onClose={() => setAdding(false)} /> : null}
    </Panel>
  );
}
