import { Button, Modal, NumberInput, Select, TextInput } from '@mantine/core';
import { createEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import type { CreatedEnrollmentToken } from '@muster/contracts/enrollment/enrollment.schema';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { CopyCommand } from '../../ui/copy-command.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { fleetQuery } from '../devices/devices.queries.js';
import { EnrolStepper } from './enrol-stepper.js';

const lifetimes = [
  { value: '900', label: '15 minutes' },
  { value: '3600', label: '1 hour' },
  { value: '86400', label: '1 day' },
  { value: '604800', label: '7 days' },
];

function TokenForm({ onMade }: { readonly onMade: (token: CreatedEnrollmentToken) => void }) {
  const fleet = useQuery(fleetQuery);
  const [name, setName] = useState('First device');
  const [maxUses, setMaxUses] = useState(1);
  const [expiresInS, setExpiresInS] = useState('900');
  const [site, setSite] = useState('');
  const create = useAction(createEnrollmentToken, { stale: [['tokens', 'list']], onDone: onMade });
  const sites = [...new Set((fleet.data?.sites ?? []).map((row) => row.site).filter((one) => one !== null))].sort();
  return (
    <form
      className={layout.form}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate({
          body: { name: name.trim(), maxUses, expiresInS: Number(expiresInS), ...(site ? { site } : {}) },
        });
      }}
    >
      <p className="soft">
        A one-time token lets a device make its own key and ask for a certificate. The key never leaves the device.
      </p>
      <TextInput
        label="Name of the token"
        required
        maxLength={120}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <div className={layout.fields}>
        <NumberInput
          label="Devices it may enrol"
          min={1}
          max={100_000}
          value={maxUses}
          onChange={(value) => setMaxUses(Number(value) || 1)}
        />
        <Select
          label="Valid for"
          allowDeselect={false}
          data={lifetimes}
          value={expiresInS}
          onChange={(value) => setExpiresInS(value ?? '900')}
        />
        <Select
          label="Site (optional)"
          clearable
          data={sites}
          value={site || null}
          onChange={(value) => setSite(value ?? '')}
        />
      </div>
      {create.isError ? <ProblemNotice error={create.error} /> : null}
      <div className={layout.buttons}>
        <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
          Make the command
        </Button>
      </div>
    </form>
  );
}

/** From nothing to a device online: one command to copy, and beside it what has happened since. */
export function EnrolDialog({ onClose }: { readonly onClose: () => void }) {
  const [token, setToken] = useState<CreatedEnrollmentToken | null>(null);
  return (
    <Modal opened onClose={onClose} title="Enrol a device" size={640}>
      {token === null ? (
        <TokenForm onMade={setToken} />
      ) : (
        <div className={layout.stack}>
          <p className="soft">
            Run this on the device (Node 20 or newer). It holds the token, which is shown only now and ends{' '}
            <RelativeTime at={token.expiresAt} />.
          </p>
          <CopyCommand command={token.command} label="Command to run on the device" />
          <EnrolStepper token={token} onClose={onClose} />
        </div>
      )}
    </Modal>
  );
}
