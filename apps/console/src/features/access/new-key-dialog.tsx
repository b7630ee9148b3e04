import { Button, Modal, MultiSelect, Select, TextInput } from '@mantine/core';
import { createApiKey } from '@muster/contracts/access/access.routes';
import { type Permission, permissions } from '@muster/contracts/access/permissions';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { CopyCommand } from '../../ui/copy-command.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { usePrincipal } from './session.queries.js';

/** A new key with its permissions and its end. Nobody can give a key more than they hold themselves. */
export function NewKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const principal = usePrincipal();
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<Permission[]>(['device:read', 'telemetry:read']);
  const [days, setDays] = useState('90');
  const create = useAction(createApiKey, { stale: [['api-keys']] });
  return (
    <Modal opened onClose={onClose} title="New API key" size={560}>
      {create.data ? (
        <div className={layout.form}>
          <p className="soft">Copy it now: it is stored as a hash and cannot be shown again.</p>
          <CopyCommand command={create.data.secret} label="API key" />
          <div className={layout.buttons}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      ) : (
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            create.mutate({ body: { name: name.trim(), permissions: chosen, expiresInDays: Number(days) } });
          }}
        >
          <TextInput
            label="Name"
            required
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <MultiSelect
            label="Permissions"
            searchable
            hidePickedOptions
            data={permissions.filter((permission) => principal?.permissions.includes(permission))}
            value={chosen}
            onChange={(values) => setChosen(values as Permission[])}
          />
          <Select
            label="Valid for"
            allowDeselect={false}
            data={[
              { value: '7', label: '7 days' },
              { value: '30', label: '30 days' },
              { value: '90', label: '90 days' },
              { value: '365', label: '1 year' },
            ]}
            value={days}
            onChange={(value) => setDays(value ?? '90')}
          />
          {create.isError ? <ProblemNotice error={create.error} /> : null}
          <div className={layout.buttons}>
            <Button type="submit" loading={create.isPending} disabled={chosen.length === 0 || name.trim() === ''}>
              Make the key
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}
