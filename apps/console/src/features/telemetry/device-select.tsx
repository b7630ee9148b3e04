import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { deviceQuery, devicesQuery } from '../devices/devices.queries.js';

interface DeviceSelectProps
  extends Pick<SelectProps, 'label' | 'aria-label' | 'placeholder' | 'w' | 'clearButtonProps'> {
  readonly deviceId: string | undefined;
  /** Not offered: the device this one is for. */
  readonly except?: string;
  readonly onChange: (deviceId: string | undefined) => void;
}

/** A device found by its name; the server searches. */
export function DeviceSelect({ deviceId, except, onChange, ...rest }: DeviceSelectProps) {
  const [typed, setTyped] = useState('');
  const chosen = useQuery({ ...deviceQuery(deviceId ?? ''), enabled: deviceId !== undefined }).data;
  const [q] = useDebouncedValue(typed.trim(), 200);
  const own = deviceId !== undefined && chosen?.id === deviceId ? chosen : undefined;
  const found = useQuery(devicesQuery({ ...(q && q !== own?.name ? { q } : {}), pageSize: 8 }));
  const options = (found.data?.items ?? [])
    .filter(({ id }) => id !== except)
    .map(({ id, name }) => ({ value: id, label: name }));
  if (own && !options.some(({ value }) => value === own.id)) options.push({ value: own.id, label: own.name });
  return (
    <Select
      {...rest}
      searchable
      clearable
      nothingFoundMessage="No device by that name"
      // The server has searched already.
      filter={({ options: all }) => all}
      data={options}
      value={own ? own.id : null}
      searchValue={typed}
      onSearchChange={(text) => {
        setTyped(text);
        // The clear button is for pointers alone; emptying the field is the same by keyboard.
        if (text === '' && own && typed === own.name) onChange(undefined);
      }}
      onChange={(id) => onChange(id ?? undefined)}
    />
  );
}
