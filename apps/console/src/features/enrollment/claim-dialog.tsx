import { Button, Modal, NumberInput, PasswordInput, Select, TextInput } from '@mantine/core';
import { createClaimBatch } from '@muster/contracts/enrollment/claims.routes';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { allAtFields, fieldFault } from '../../ui/field-faults.js';
import { Fold } from '../../ui/fold.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { TextOrFile } from '../../ui/text-or-file.js';
import { serialsOf } from './bulk-text.js';
import { ClaimSecrets } from './claim-secrets.js';
import { noPlace, PlaceFields, placeBody } from './place-fields.js';

const fields = ['name', 'quota', 'hourlyQuota', 'csr', 'pkcs12Password', 'model', 'class', 'site', 'labels'];

/** A new batch: how many, for what, which serial numbers; then its key, once. */
export function ClaimDialog({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [quota, setQuota] = useState(100);
  const [hourly, setHourly] = useState<number | ''>('');
  const [days, setDays] = useState('365');
  const [place, setPlace] = useState(noPlace);
  const [serials, setSerials] = useState('');
  const [unlisted, setUnlisted] = useState<'queue' | 'refuse'>('queue');
  const [csr, setCsr] = useState('');
  const [password, setPassword] = useState('');
  const create = useAction(createClaimBatch, { stale: [['claims']] });
  const fault = (field: string) => fieldFault(create.error, field);
  const shortPassword = password !== '' && password.length < 8;
  if (create.data)
    return (
      <Modal
        opened
        onClose={onClose}
        title={create.data.name}
        size={720}
        closeOnClickOutside={false}
        closeOnEscape={false}
      >
        <ClaimSecrets batch={create.data} onClose={onClose} />
      </Modal>
    );
  return (
    <Modal opened onClose={onClose} title="New claim batch" size={720} closeOnClickOutside={name === ''}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({
            body: {
              name: name.trim(),
              quota,
              ...(hourly === '' ? {} : { hourlyQuota: hourly }),
              expiresInS: Number(days) * 86_400,
              ...placeBody(place),
              serials: serialsOf(serials),
              unlisted,
              ...(csr.trim() ? { csr: csr.trim() } : {}),
              ...(password && !csr.trim() ? { pkcs12Password: password } : {}),
            },
          });
        }}
      >
        <TextInput
          label="Name of the batch"
          required
          maxLength={120}
          data-autofocus
          value={name}
          error={fault('name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <div className={layout.fields}>
          <NumberInput
            label="Devices it may enrol"
            min={1}
            max={1_000_000}
            value={quota}
            error={fault('quota')}
            onChange={(value) => setQuota(Number(value) || 1)}
          />
          <NumberInput
            label="In any hour (optional)"
            min={1}
            max={1_000_000}
            value={hourly}
            error={fault('hourlyQuota')}
            onChange={(value) => setHourly(value === '' ? '' : Number(value))}
          />
          <Select
            label="Valid for"
            allowDeselect={false}
            data={[
              { value: '30', label: '30 days' },
              { value: '90', label: '90 days' },
              { value: '365', label: '1 year' },
              { value: '730', label: '2 years' },
            ]}
            value={days}
            onChange={(value) => setDays(value ?? '365')}
          />
        </div>
        <PlaceFields place={place} onChange={setPlace} fault={fault} />
        <TextOrFile
          label="Serial numbers that need nobody (optional)"
          description="One a line, or a CSV with a column serial"
          accept=".csv,.txt,text/csv,text/plain"
          max={4 * 1024 * 1024}
          rows={3}
          value={serials}
          onChange={setSerials}
          error={fault('serials')}
        />
        <Select
          label="A device whose serial number is not listed"
          allowDeselect={false}
          data={[
            { value: 'queue', label: 'waits until a person lets it in' },
            { value: 'refuse', label: 'is refused' },
          ]}
          value={unlisted}
          onChange={(value) => setUnlisted(value === 'refuse' ? 'refuse' : 'queue')}
        />
        <Fold title="Where the key is made" said={csr.trim() ? 'elsewhere, by request' : 'here, shown once'}>
          <div className={layout.form}>
            <PasswordInput
              label="Password of a PKCS #12 file (optional)"
              description="The key and its chain also come as one .p12 under this password"
              autoComplete="new-password"
              value={password}
              disabled={csr.trim() !== ''}
              error={shortPassword ? 'at least 8 characters' : fault('pkcs12Password')}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <TextOrFile
              label="Request (PEM), when the key is made elsewhere"
              placeholder="-----BEGIN CERTIFICATE REQUEST-----"
              accept=".csr,.pem,.req"
              max={16 * 1024}
              rows={3}
              value={csr}
              onChange={setCsr}
              error={fault('csr')}
            />
          </div>
        </Fold>
        {create.isError && !allAtFields(create.error, fields) ? <ProblemNotice error={create.error} /> : null}
        <div className={layout.buttons}>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === '' || shortPassword}>
            Make the batch
          </Button>
        </div>
      </form>
    </Modal>
  );
}
