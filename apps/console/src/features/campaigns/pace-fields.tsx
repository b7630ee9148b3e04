import { NumberInput } from '@mantine/core';
import { DurationInput } from '../../ui/duration-input.js';
import { layout } from '../../ui/layout.js';
import { type FieldsProps, numberOrNull } from './campaign-form.js';

/** How many at once, how fast, and how long a device may take. */
export function PaceFields({ form, set }: FieldsProps) {
  return (
    <div className={layout.fields}>
      <NumberInput
        label="At once"
        suffix=" devices"
        min={1}
        max={100_000}
        allowNegative={false}
        hideControls
        value={form.concurrency}
        onChange={(value) => typeof value === 'number' && set({ concurrency: value })}
      />
      <NumberInput
        label="Rate"
        placeholder="no limit"
        suffix=" a minute"
        min={1}
        max={100_000}
        allowNegative={false}
        hideControls
        value={form.ratePerMinute ?? ''}
        onChange={(value) => set({ ratePerMinute: numberOrNull(value) })}
      />
      <NumberInput
        label="Retries"
        min={0}
        max={10}
        allowNegative={false}
        hideControls
        value={form.retries}
        onChange={(value) => typeof value === 'number' && set({ retries: value })}
      />
      <DurationInput
        label="A device has"
        min={10}
        max={2_592_000}
        value={form.deadlineS}
        onChange={(deadlineS) => deadlineS !== null && set({ deadlineS })}
      />
      <DurationInput
        label="A step has"
        min={5}
        max={86_400}
        value={form.stepTimeoutS}
        onChange={(stepTimeoutS) => stepTimeoutS !== null && set({ stepTimeoutS })}
      />
      <DurationInput
        label="Device soak"
        max={86_400}
        value={form.deviceSoakS}
        onChange={(deviceSoakS) => deviceSoakS !== null && set({ deviceSoakS })}
      />
    </div>
  );
}
