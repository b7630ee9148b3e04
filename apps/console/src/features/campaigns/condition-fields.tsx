import { Checkbox, NumberInput, Select } from '@mantine/core';
import { DurationInput } from '../../ui/duration-input.js';
import { layout } from '../../ui/layout.js';
import { type FieldsProps, numberOrNull } from './campaign-form.js';
import classes from './wizard.module.css';

/** How many of a site at once, what a device must have, and how restarts are spread. */
export function ConditionFields({ form, set }: FieldsProps) {
  const { siteBudget } = form;
  return (
    <>
      <div className={layout.fields}>
        <div className={classes.budget}>
          <NumberInput
            label="At one site, at once"
            placeholder="no limit"
            min={1}
            max={siteBudget?.unit === 'percent' ? 100 : 100_000}
            allowNegative={false}
            hideControls
            value={siteBudget?.size ?? ''}
            onChange={(value) => {
              const size = numberOrNull(value);
              set({ siteBudget: size === null ? null : { unit: siteBudget?.unit ?? 'devices', size } });
            }}
          />
          <Select
            aria-label="Unit of the site budget"
            allowDeselect={false}
            data={[
              { value: 'devices', label: 'pcs' },
              { value: 'percent', label: '%' },
            ]}
            value={siteBudget?.unit ?? 'devices'}
            onChange={(unit) =>
              set({ siteBudget: { unit: unit as 'percent' | 'devices', size: siteBudget?.size ?? 1 } })
            }
          />
        </div>
        <NumberInput
          label="Battery at least"
          placeholder="not asked for"
          suffix=" %"
          min={1}
          max={100}
          allowNegative={false}
          allowDecimal={false}
          hideControls
          value={form.minBatteryPercent ?? ''}
          onChange={(value) => set({ minBatteryPercent: numberOrNull(value) })}
        />
        <NumberInput
          label="Free disk at least"
          placeholder="not asked for"
          suffix=" MB"
          min={1}
          max={1_000_000}
          allowNegative={false}
          allowDecimal={false}
          hideControls
          value={form.minFreeDiskMb ?? ''}
          onChange={(value) => set({ minFreeDiskMb: numberOrNull(value) })}
        />
        <DurationInput
          label="Spread restarts over"
          placeholder="not spread"
          optional
          max={3600}
          value={form.jitterS}
          onChange={(jitterS) => set({ jitterS })}
        />
      </div>
      <Checkbox
        label="Only on mains power"
        checked={form.mainsPower}
        onChange={(event) => set({ mainsPower: event.currentTarget.checked })}
      />
    </>
  );
}
