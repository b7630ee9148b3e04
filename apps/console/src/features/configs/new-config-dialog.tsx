import { Button, Modal, Select, TextInput } from '@mantine/core';
import { createConfig } from '@muster/contracts/configs/configs.routes';
import { type ConfigLayer, configLayers, driftPolicies } from '@muster/contracts/configs/configs.schema';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { SelectorFields } from '../../ui/selector-fields.js';
import { checkConfig } from './check-config.js';
import { DocumentEditor } from './document-editor.js';

const starter = `{
  "heartbeatS": 60,
  "telemetryS": 10
}`;

interface NewConfigDialogProps {
  readonly onClose: () => void;
  readonly onMade: (configId: string) => void;
}

/** A golden config with its first draft. Nothing reaches a device before it is published. */
export function NewConfigDialog({ onClose, onMade }: NewConfigDialogProps) {
  const [name, setName] = useState('');
  const [layer, setLayer] = useState<ConfigLayer>('group');
  const [policy, setPolicy] = useState<(typeof driftPolicies)[number]>('report');
  const [selector, setSelector] = useState<Selector>({});
  const [text, setText] = useState(starter);
  const checked = checkConfig(text);
  const create = useAction(createConfig, { stale: [['configs']], onDone: (config) => onMade(config.id) });
  return (
    <Modal opened onClose={onClose} title="New golden config" size={720}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (checked.kind === 'fine')
            create.mutate({ body: { name: name.trim(), layer, policy, selector, document: checked.document } });
        }}
      >
        <div className={layout.fields}>
          <TextInput
            label="Name"
            required
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label="Layer"
            allowDeselect={false}
            data={configLayers.map((value) => ({ value, label: words(value) }))}
            value={layer}
            onChange={(value) => setLayer(value as ConfigLayer)}
          />
          <Select
            label="When a device drifts"
            allowDeselect={false}
            data={[
              { value: 'report', label: 'Report it' },
              { value: 'remediate', label: 'Report it and send the config again' },
            ]}
            value={policy}
            onChange={(value) => setPolicy(value as typeof policy)}
          />
        </div>
        <SelectorFields selector={selector} onChange={setSelector} />
        <DocumentEditor text={text} onChange={setText} checked={checked} minRows={8} />
        {create.isError ? <ProblemNotice error={create.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={name.trim() === '' || checked.kind !== 'fine'}>
            Save draft
          </Button>
        </div>
      </form>
    </Modal>
  );
}
