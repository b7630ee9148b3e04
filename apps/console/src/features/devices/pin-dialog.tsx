import { Button, Modal, SegmentedControl, Textarea } from '@mantine/core';
import { pinDevices } from '@muster/contracts/devices/devices.routes';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { count, many } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { selectorText } from '../../ui/selector-text.js';

interface PinDialogProps {
  readonly selector: Selector;
  /** How many devices the selector means, where it is known. */
  readonly devices: number | null;
  readonly onClose: () => void;
}

/** Pins a group of devices to what they run, or lets it go. */
export function PinDialog({ selector, devices, onClose }: PinDialogProps) {
  const [pinned, setPinned] = useState(true);
  const [reason, setReason] = useState('');
  const pin = useAction(pinDevices, { stale: [['devices'], ['device']] });
  const whom = devices === null ? selectorText(selector) : `${many(devices, 'device')} (${selectorText(selector)})`;
  return (
    <Modal opened onClose={onClose} title="Pin devices" size={520}>
      {pin.data ? (
        <div className={layout.form}>
          <p role="status">
            {count(pin.data.changed)} of {many(pin.data.matched, 'device')} {pinned ? 'pinned' : 'let go'}
            {pin.data.changed < pin.data.matched ? '; the others were so already' : ''}.
          </p>
          <div className={layout.buttons}>
            <Button onClick={onClose}>Done</Button>
          </div>
        </div>
      ) : (
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            pin.mutate({ body: { selector, pinned, ...(reason.trim() ? { reason: reason.trim() } : {}) } });
          }}
        >
          <SegmentedControl
            aria-label="Pin or let go"
            w="fit-content"
            value={pinned ? 'pin' : 'free'}
            onChange={(value) => setPinned(value === 'pin')}
            data={[
              { value: 'pin', label: 'Pin' },
              { value: 'free', label: 'Let go' },
            ]}
          />
          <p>
            <strong>{whom}</strong>{' '}
            {pinned
              ? 'stay on the firmware they run: campaigns leave them out until they are let go.'
              : 'may be updated by campaigns again.'}
          </p>
          <Textarea
            label="Reason (optional)"
            description="Goes into the audit trail"
            autosize
            minRows={2}
            maxLength={500}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          {pin.isError ? <ProblemNotice error={pin.error} /> : null}
          <div className={layout.buttons}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={pin.isPending}>
              {pinned ? 'Pin' : 'Let go'}
            </Button>
          </div>
        </form>
      )}
    </Modal>
  );
}
