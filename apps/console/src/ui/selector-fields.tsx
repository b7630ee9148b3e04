import { MultiSelect, TagsInput } from '@mantine/core';
import type { Selector } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { fleetQuery } from '../features/devices/devices.queries.js';
import { layout } from './layout.js';

interface SelectorFieldsProps {
  readonly selector: Selector;
  readonly onChange: (selector: Selector) => void;
}

const list = (values: string[]) => (values.length > 0 ? values : undefined);
const distinct = (values: readonly (string | null)[]) => [...new Set(values.filter((value) => value !== null))].sort();

const without = (selector: Selector): Selector =>
  Object.fromEntries(Object.entries(selector).filter(([, value]) => value !== undefined)) as Selector;

/** Devices by model, site, firmware, class and labels: the same selector everywhere devices are meant. */
export function SelectorFields({ selector, onChange }: SelectorFieldsProps) {
  const fleet = useQuery(fleetQuery);
  const set = (change: Partial<Selector>) => onChange(without({ ...selector, ...change }));
  const models = distinct(fleet.data?.models.map(({ model }) => model) ?? []);
  const sites = distinct(fleet.data?.sites.map(({ site }) => site) ?? []);
  const versions = distinct(fleet.data?.firmware.map(({ version }) => version) ?? []);
  return (
    <div className={layout.fields}>
      <MultiSelect
        label="Model"
        placeholder={selector.model ? '' : 'any model'}
        data={models}
        clearable
        value={selector.model ?? []}
        onChange={(values) => set({ model: list(values) })}
      />
      <MultiSelect
        label="Site"
        placeholder={selector.site ? '' : 'any site'}
        data={sites}
        clearable
        searchable
        value={selector.site ?? []}
        onChange={(values) => set({ site: list(values) })}
      />
      <MultiSelect
        label="Firmware now"
        placeholder={selector.firmware ? '' : 'any version'}
        data={versions}
        clearable
        value={selector.firmware ?? []}
        onChange={(values) => set({ firmware: list(values) })}
      />
      <TagsInput
        label="Labels"
        placeholder="key=value, Enter"
        value={Object.entries(selector.labels ?? {}).map(([key, value]) => `${key}=${value}`)}
        onChange={(tags) => {
          const pairs = tags.filter((tag) => tag.includes('=')).map((tag) => tag.split(/=(.*)/).slice(0, 2));
          set({ labels: pairs.length > 0 ? Object.fromEntries(pairs) : undefined });
        }}
      />
    </div>
  );
}
