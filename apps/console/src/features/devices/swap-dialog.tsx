import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { swapDevice } from '@muster/contracts/devices/devices.routes';
import type { Device } from '@muster/contracts/devices/devices.schema';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { allAtFields, fieldFault } from '../../ui/field-faults.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';

const fields = ['serial', 'model', 'hardwareRevision', 'reason'];

/** Replaces the hardware: a new identity takes over place, labels, wishes and history; the old one is out. */
export function SwapDialog({ device, onClose }: { readonly device: Device; readonly onClose: () => void }) {
  const navigate = useNavigate();
  const [serial, setSerial] = useState('');
  const [model, setModel] = useState(device.model);
  const [revision, setRevision] = useState(device.hardwareRevision ?? '');
  const [reason, setReason] = useState('');
  const swap = useAction(swapDevice, {
    stale: [['device'], ['devices'], ['fleet']],
    onDone: (successor) => {
      onClose();
      void navigate({ to: '/devices/$deviceId', params: { deviceId: successor.id } });
    },
  });
  const fault = (field: string) => fieldFault(swap.error, field);
  return (
    <Modal opened onClose={onClose} title={`Replace the hardware of ${device.name}`} size={560}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          swap.mutate({
            params: { deviceId: device.id },
            match: device.version,
            body: {
              serial: serial.trim(),
              reason: reason.trim(),
              ...(model.trim() && model.trim() !== device.model ? { model: model.trim() } : {}),
              ...(revision.trim() && revision.trim() !== device.hardwareRevision
                ? { hardwareRevision: revision.trim() }
                : {}),
            },
          });
        }}
      >
        <p className="soft">
          The new hardware gets an identity of its own and takes over name, site, labels, groups, desired state and
          history. The certificates of the old one are revoked. The new one still has to enrol, by any way in that lets
          its serial number in.
        </p>
        <TextInput
          label="Serial number of the new hardware"
          required
          data-autofocus
          maxLength={120}
          value={serial}
          error={
            serial.trim() !== '' && serial.trim() === device.serial
              ? 'That is the hardware it has now'
              : fault('serial')
          }
          onChange={(event) => setSerial(event.currentTarget.value)}
        />
        <div className={layout.fields}>
          <TextInput
            label="Model"
            value={model}
            error={fault('model')}
            onChange={(event) => setModel(event.currentTarget.value)}
          />
          <TextInput
            label="Hardware revision"
            value={revision}
            error={fault('hardwareRevision')}
            onChange={(event) => setRevision(event.currentTarget.value)}
          />
        </div>
        <Textarea
          label="Reason"
          description="Goes into the audit trail"
          required
          autosize
          minRows={2}
          maxLength={500}
          value={reason}
          error={fault('reason')}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {swap.isError && !allAtFields(swap.error, fields) ? <ProblemNotice error={swap.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            color="red.8"
            loading={swap.isPending}
            disabled={serial.trim() === '' || reason.trim() === '' || serial.trim() === device.serial}
          >
            Replace
          </Button>
        </div>
      </form>
    </Modal>
  );
}
