import { ActionIcon, Checkbox, Popover, Tooltip } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconColumns3 } from '@tabler/icons-react';
import { layout } from '../../ui/layout.js';
import { deviceColumns, hiddenAtFirst } from './device-columns.js';

interface HiddenColumns {
  readonly hidden: readonly string[];
  readonly setHidden: (hidden: readonly string[]) => void;
}

/** Which columns this person hid, remembered in this browser. */
export const useHiddenColumns = (): HiddenColumns => {
  const [hidden, setHidden] = useLocalStorage<readonly string[]>({
    key: 'muster.devices.hidden-columns',
    defaultValue: hiddenAtFirst,
    getInitialValueInEffect: false,
  });
  return { hidden, setHidden: (next) => setHidden(next) };
};

export function ColumnMenu({ hidden, setHidden }: HiddenColumns) {
  return (
    <Popover position="bottom-end" width={200} trapFocus>
      <Popover.Target>
        <Tooltip label="Columns">
          <ActionIcon variant="default" size={30} aria-label="Choose columns">
            <IconColumns3 size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <div className={layout.form}>
          {deviceColumns.slice(1).map((column) => (
            <Checkbox
              key={column.key}
              label={column.head}
              checked={!hidden.includes(column.key)}
              onChange={(event) =>
                setHidden(
                  event.currentTarget.checked ? hidden.filter((key) => key !== column.key) : [...hidden, column.key],
                )
              }
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
