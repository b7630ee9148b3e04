import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { deviceStates, presences } from '@muster/contracts/devices/devices.schema';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import type { DevicesSearch } from '../../app/search.js';
import { words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { lookOf } from '../../ui/vocabulary.js';
import { fleetQuery } from './devices.queries.js';

const route = getRouteApi('/inside/devices');

const options = (values: readonly (string | null)[]) => [...new Set(values.filter((value) => value !== null))].sort();

/** Search and filters; every choice is in the address, so a filtered list can be sent to somebody. */
export function DeviceFilters({ end }: { readonly end: ReactNode }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const fleet = useQuery(fleetQuery);
  const [text, setText] = useState(search.q ?? '');
  useEffect(() => setText(search.q ?? ''), [search.q]);
  const set = (change: Partial<DevicesSearch>) =>
    void navigate({ search: (was) => ({ ...was, ...change }), replace: true });
  const ask = useDebouncedCallback((q: string) => set({ q: q.trim() || undefined }), 250);

  const pick = (
    key: keyof DevicesSearch,
    label: string,
    data: { value: string; label: string }[] | string[],
    width = 132,
  ) => (
    <Select
      aria-label={label}
      placeholder={label}
      clearable
      searchable={data.length > 8}
      w={width}
      data={data}
      value={(search[key] as string | undefined) ?? null}
      onChange={(value) => set({ [key]: value ?? undefined })}
    />
  );

  const filtered = Object.entries(search).some(([key, value]) => key !== 'sort' && value !== undefined);
  return (
    <search className={layout.filters} aria-label="Filter devices">
      <TextInput
        className={layout.grow}
        aria-label="Search devices"
        placeholder="Name, serial or id   /"
        leftSection={<IconSearch size={14} />}
        data-page-filter
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          ask(event.currentTarget.value);
        }}
      />
      {pick(
        'presence',
        'Presence',
        presences.map((value) => ({ value, label: lookOf('presence', value).word ?? words(value) })),
      )}
      {pick(
        'state',
        'State',
        deviceStates.map((value) => ({ value, label: words(value) })),
      )}
      {pick('model', 'Model', options(fleet.data?.models.map((row) => row.model) ?? []))}
      {pick('site', 'Site', options(fleet.data?.sites.map((row) => row.site) ?? []))}
      {pick('firmware', 'Firmware', options(fleet.data?.firmware.map((row) => row.version) ?? []))}
      {pick('drifted', 'Drift', [
        { value: 'true', label: 'Drifted' },
        { value: 'false', label: 'Not drifted' },
      ])}
      {filtered ? (
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconX size={13} />}
          onClick={() => void navigate({ search: { sort: search.sort }, replace: true })}
        >
          Clear
        </Button>
      ) : null}
      <span style={{ marginLeft: 'auto' }}>{end}</span>
    </search>
  );
}
