import { NumberInput } from '@mantine/core';
import { DurationInput } from '../../ui/duration-input.js';
import { layout } from '../../ui/layout.js';
import { type FieldsProps, numberOrNull } from './campaign-form.js';

const rates = [
  ['maxFailure', 'Failures at most'],
  ['maxTimeout', 'Timeouts at most'],
  ['minSuccess', 'Successes at least'],
  ['minResolved', 'Resolved at least'],
] as const;

/** What a wave must show before the next opens. What is left empty is not judged. */
export function GateFields({ form, set }: FieldsProps) {
  return (
    <div className={layout.fields}>
      {rates.map(([key, label]) => (
        <NumberInput
          key={key}
          label={label}
          suffix=" %"
          min={0}
          max={100}
          allowNegative={false}
          hideControls
          value={form[key]}
          onChange={(value) => typeof value === 'number' && set({ [key]: value })}
        />
      ))}
      <NumberInput
        label="Rejections at most"
        placeholder="not judged"
        suffix=" %"
        min={0}
        max={100}
        allowNegative={false}
        hideControls
        value={form.maxRejection ?? ''}
        onChange={(value) => set({ maxRejection: numberOrNull(value) })}
      />
      <DurationInput
        label="Nine of ten installed within"
        placeholder="not judged"
        optional
        min={1}
        max={604_800}
        value={form.maxInstallS}
        onChange={(maxInstallS) => set({ maxInstallS })}
      />
      <NumberInput
        label="Sample at least"
        suffix=" devices"
        min={1}
        max={1_000_000}
        allowNegative={false}
        hideControls
        value={form.minSample}
        onChange={(value) => typeof value === 'number' && set({ minSample: value })}
      />
      <DurationInput
        label="Wave soak"
        max={2_592_000}
        value={form.soakS}
        onChange={(soakS) => soakS !== null && set({ soakS })}
      />
    </div>
  );
}
