import { NumberInput, Switch } from '@mantine/core';
import { layout } from '../../ui/layout.js';
import type { CampaignForm } from './campaign-form.js';

interface GateFieldsProps {
  readonly form: CampaignForm;
  readonly set: (change: Partial<CampaignForm>) => void;
}

type NumberKey = {
  [K in keyof CampaignForm]: CampaignForm[K] extends number ? K : never;
}[keyof CampaignForm];

const numbers: readonly { key: NumberKey; label: string; suffix: string; min: number; max: number }[] = [
  { key: 'maxFailure', label: 'Failures at most', suffix: ' %', min: 0, max: 100 },
  { key: 'maxTimeout', label: 'Timeouts at most', suffix: ' %', min: 0, max: 100 },
  { key: 'minSuccess', label: 'Successes at least', suffix: ' %', min: 0, max: 100 },
  { key: 'minSample', label: 'Sample at least', suffix: ' devices', min: 1, max: 1_000_000 },
  { key: 'soakS', label: 'Wave soak', suffix: ' s', min: 0, max: 2_592_000 },
  { key: 'deviceSoakS', label: 'Device soak', suffix: ' s', min: 0, max: 86_400 },
  { key: 'deadlineS', label: 'A device has', suffix: ' s', min: 10, max: 2_592_000 },
  { key: 'concurrency', label: 'At once', suffix: ' devices', min: 1, max: 100_000 },
  { key: 'retries', label: 'Retries', suffix: '', min: 0, max: 10 },
];

/** Limits of the gate, pace and what happens on a halt. */
export function GateFields({ form, set }: GateFieldsProps) {
  return (
    <div className={layout.form}>
      <div className={layout.fields}>
        {numbers.map(({ key, label, suffix, min, max }) => (
          <NumberInput
            key={key}
            label={label}
            suffix={suffix}
            min={min}
            max={max}
            allowNegative={false}
            hideControls
            value={form[key]}
            onChange={(value) => typeof value === 'number' && set({ [key]: value })}
          />
        ))}
      </div>
      <Switch
        label="Roll back by itself when a gate halts the campaign"
        description="Every updated device returns to its own last known good release"
        checked={form.autoRollback}
        onChange={(event) => set({ autoRollback: event.currentTarget.checked })}
      />
      <Switch
        label="Another person must approve before it starts"
        checked={form.approval}
        onChange={(event) => set({ approval: event.currentTarget.checked })}
      />
    </div>
  );
}
