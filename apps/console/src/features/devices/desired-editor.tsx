import { Button, JsonInput } from '@mantine/core';
import { patchTwin } from '@muster/contracts/devices/devices.routes';
import type { Twin } from '@muster/contracts/devices/devices.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { useMay } from '../access/session.queries.js';

const parse = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
};

/** A merge patch on this one device's desired state; only the keys it names travel. */
export function DesiredEditor({ twin }: { readonly twin: Twin }) {
  const may = useMay('device:write');
  const [text, setText] = useState('{\n  \n}');
  const patch = useAction(patchTwin, {
    stale: [['device', twin.deviceId]],
    onDone: () => setText('{\n  \n}'),
  });
  const value = parse(text);
  const empty = value === null || Object.keys(value).length === 0;
  return (
    <Panel title="Change the desired state" aside="merge patch: null removes a key">
      <div className={layout.form}>
        <JsonInput
          aria-label="Merge patch"
          autosize
          minRows={3}
          maxRows={16}
          formatOnBlur
          disabled={!may}
          styles={{ input: { fontFamily: 'var(--mono)' } }}
          error={value === null ? 'Not a JSON object yet' : undefined}
          value={text}
          onChange={setText}
        />
        {patch.isError ? <ProblemNotice error={patch.error} /> : null}
        <div className={layout.buttons}>
          <Button
            disabled={!may || empty}
            title={may ? undefined : 'Needs the permission device:write'}
            loading={patch.isPending}
            onClick={() =>
              value && patch.mutate({ params: { deviceId: twin.deviceId }, body: value, match: twin.desiredVersion })
            }
          >
            Send to the device
          </Button>
        </div>
      </div>
    </Panel>
  );
}
