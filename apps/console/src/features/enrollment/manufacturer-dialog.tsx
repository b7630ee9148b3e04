import { Button, Modal, Select, TextInput } from '@mantine/core';
import { registerManufacturer } from '@muster/contracts/enrollment/manufacturers.routes';
import type { Manufacturer } from '@muster/contracts/enrollment/manufacturers.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { allAtFields, fieldFault } from '../../ui/field-faults.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { TextOrFile } from '../../ui/text-or-file.js';
import { noPlace, PlaceFields, placeBody } from './place-fields.js';

const fields = ['name', 'certificate', 'model', 'class', 'site', 'labels'];

interface ManufacturerDialogProps {
  readonly onClose: () => void;
  readonly onMade: (manufacturer: Manufacturer) => void;
}

/** Registers the CA of a manufacturer. It lets nobody in before it is proven, which is the next step. */
export function ManufacturerDialog({ onClose, onMade }: ManufacturerDialogProps) {
  const [name, setName] = useState('');
  const [certificate, setCertificate] = useState('');
  const [place, setPlace] = useState(noPlace);
  const [serialFrom, setSerialFrom] = useState<'common_name' | 'serial_number'>('common_name');
  const [approval, setApproval] = useState<'automatic' | 'queue'>('automatic');
  const register = useAction(registerManufacturer, { stale: [['manufacturers']], onDone: onMade });
  const fault = (field: string) => fieldFault(register.error, field);
  return (
    <Modal opened onClose={onClose} title="Register a manufacturer" size={680} closeOnClickOutside={name === ''}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          register.mutate({
            body: {
              name: name.trim(),
              certificate: certificate.trim(),
              serialFrom,
              approval,
              ...placeBody(place),
              model: place.model.trim(),
            },
          });
        }}
      >
        <TextInput
          label="Name"
          required
          maxLength={120}
          data-autofocus
          value={name}
          error={fault('name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextOrFile
          label="Certificate of the CA that signs factory certificates (PEM)"
          description="An intermediate or a root; not the certificate of a device"
          placeholder="-----BEGIN CERTIFICATE-----"
          accept=".pem,.crt,.cer"
          max={16 * 1024}
          rows={4}
          value={certificate}
          onChange={setCertificate}
          error={fault('certificate')}
        />
        <PlaceFields place={place} onChange={setPlace} modelRequired fault={fault} />
        <div className={layout.fields}>
          <Select
            label="The serial number of a device is its certificate’s"
            allowDeselect={false}
            data={[
              { value: 'common_name', label: 'common name (CN)' },
              { value: 'serial_number', label: 'serialNumber attribute' },
            ]}
            value={serialFrom}
            onChange={(value) => setSerialFrom(value === 'serial_number' ? value : 'common_name')}
          />
          <Select
            label="Its devices"
            allowDeselect={false}
            data={[
              { value: 'automatic', label: 'come in by themselves' },
              { value: 'queue', label: 'wait until a person lets them in' },
            ]}
            value={approval}
            onChange={(value) => setApproval(value === 'queue' ? value : 'automatic')}
          />
        </div>
        {register.isError && !allAtFields(register.error, fields) ? <ProblemNotice error={register.error} /> : null}
        <div className={layout.buttons}>
          <Button
            type="submit"
            loading={register.isPending}
            disabled={name.trim() === '' || certificate.trim() === '' || place.model.trim() === ''}
          >
            Register, then prove
          </Button>
        </div>
      </form>
    </Modal>
  );
}
