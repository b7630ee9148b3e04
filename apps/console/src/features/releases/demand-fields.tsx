import { NumberInput, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { layout } from '../../ui/layout.js';
import { fleetQuery } from '../devices/devices.queries.js';
import { type DemandForm, minVersionFault } from './demand-form.js';

interface DemandFieldsProps {
  readonly form: DemandForm;
  readonly version: string;
  /** A signature fixes all but the notes and the end of support. */
  readonly fixed?: boolean;
  readonly onChange: (form: DemandForm) => void;
}

/** Which devices may take a release, in which order, and for how long it is supported. */
export function DemandFields({ form, version, fixed = false, onChange }: DemandFieldsProps) {
  const fleet = useQuery(fleetQuery);
  const set = (change: Partial<DemandForm>) => onChange({ ...form, ...change });
  return (
    <>
      {fixed ? null : (
        <>
          <TagsInput
            label="Hardware models"
            description="Only devices of these models may install it"
            required
            data={(fleet.data?.models ?? []).map((row) => row.model)}
            value={[...form.models]}
            onChange={(models) => set({ models })}
          />
          <TagsInput
            label="Hardware revisions"
            placeholder={form.hardwareRevisions.length > 0 ? '' : 'Every revision of these models'}
            value={[...form.hardwareRevisions]}
            onChange={(hardwareRevisions) => set({ hardwareRevisions })}
          />
        </>
      )}
      <div className={layout.fields}>
        {fixed ? null : (
          <>
            <TextInput
              label="Minimum version"
              placeholder="None"
              error={minVersionFault(form.minVersion, version)}
              value={form.minVersion}
              onChange={(event) => set({ minVersion: event.currentTarget.value.trim() })}
            />
            <NumberInput
              label="Rollback index"
              min={0}
              value={form.rollbackIndex}
              onChange={(value) => set({ rollbackIndex: Number(value) || 0 })}
            />
          </>
        )}
        <TextInput
          label="Support until"
          type="date"
          value={form.supportUntil}
          onChange={(event) => set({ supportUntil: event.currentTarget.value })}
        />
      </div>
      {fixed ? null : (
        <Switch
          label="Pass-through: devices below it take it before anything higher"
          checked={form.passThrough}
          onChange={(event) => set({ passThrough: event.currentTarget.checked })}
        />
      )}
      <Textarea
        label="Notes"
        autosize
        minRows={2}
        maxRows={12}
        value={form.notes}
        onChange={(event) => set({ notes: event.currentTarget.value })}
      />
    </>
  );
}
