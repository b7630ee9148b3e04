import { ActionIcon, Button, NumberInput, Select, TextInput } from '@mantine/core';
import { weekdays } from '@muster/contracts/campaigns/plans.schema';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { words } from '../../ui/format.js';
import { timeZones } from '../../ui/time-zones.js';
import { type FieldsProps, nextKey, type WindowDraft } from './campaign-form.js';
import { NextOpenings } from './next-openings.js';
import { windowText } from './plan-words.js';
import classes from './wizard.module.css';

interface WindowRowProps {
  readonly draft: WindowDraft;
  readonly n: number;
  readonly change: (next: Partial<WindowDraft>) => void;
  readonly remove: () => void;
}

function Days({ draft, n, change }: Omit<WindowRowProps, 'remove'>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a cell of this grid in Safari
    <div role="group" aria-label={`Days of window ${n}`} className={classes.days}>
      {weekdays.map((day) => {
        const on = draft.days.includes(day);
        return (
          <button
            key={day}
            type="button"
            className={classes.day}
            aria-pressed={on}
            aria-label={words(day)}
            onClick={() => change({ days: on ? draft.days.filter((one) => one !== day) : [...draft.days, day] })}
          >
            {words(day).slice(0, 2)}
          </button>
        );
      })}
    </div>
  );
}

function WindowRow({ draft, n, change, remove }: WindowRowProps) {
  return (
    <li className={classes.windowRow}>
      <div>
        <span className={classes.label}>Days</span>
        <Days draft={draft} n={n} change={change} />
      </div>
      <TextInput
        label="From"
        type="time"
        value={draft.from}
        onChange={(event) => event.currentTarget.value && change({ from: event.currentTarget.value.slice(0, 5) })}
      />
      <NumberInput
        label="For"
        suffix=" h"
        min={0.25}
        max={24}
        step={0.5}
        decimalScale={2}
        allowNegative={false}
        hideControls
        value={draft.minutes / 60}
        onChange={(value) => typeof value === 'number' && change({ minutes: Math.round(value * 60) })}
      />
      <Select
        label="By the clock of"
        searchable
        allowDeselect={false}
        data={[{ value: 'device', label: 'each device’s site' }, ...timeZones()]}
        value={draft.timezone}
        onChange={(timezone) => timezone && change({ timezone })}
      />
      <ActionIcon aria-label={`Remove window ${n}`} onClick={remove}>
        <IconTrash size={15} />
      </ActionIcon>
    </li>
  );
}

/** Weekly maintenance windows; none means any time. */
export function WindowFields({ form, set }: FieldsProps) {
  const change = (key: number, next: Partial<WindowDraft>) =>
    set({ windows: form.windows.map((one) => (one.key === key ? { ...one, ...next } : one)) });
  return (
    <div>
      <span className={classes.label}>Maintenance windows</span>
      {form.windows.length === 0 ? <p className="soft">Devices may update at any time.</p> : null}
      <ul>
        {form.windows.map((draft, index) => (
          <WindowRow
            key={draft.key}
            draft={draft}
            n={index + 1}
            change={(next) => change(draft.key, next)}
            remove={() => set({ windows: form.windows.filter((one) => one.key !== draft.key) })}
          />
        ))}
      </ul>
      {form.windows.some(({ days }) => days.length === 0) ? (
        <p className={classes.fault}>A window needs at least one day.</p>
      ) : null}
      {form.windows.length > 0 ? (
        <p className={`${classes.said} quiet`}>
          Offers are made {form.windows.map((one) => windowText({ ...one, days: [...one.days] })).join('; or ')}. On a
          night when clocks change a window keeps its length.
        </p>
      ) : null}
      {form.windows.length > 0 ? <NextOpenings windows={form.windows} /> : null}
      <Button
        variant="subtle"
        color="gray"
        mt="sm"
        leftSection={<IconPlus size={14} />}
        disabled={form.windows.length >= 20}
        onClick={() =>
          set({
            windows: [
              ...form.windows,
              {
                key: nextKey(form.windows),
                days: ['mon', 'tue', 'wed', 'thu', 'fri'],
                from: '22:00',
                minutes: 240,
                timezone: 'device',
              },
            ],
          })
        }
      >
        Add a window
      </Button>
    </div>
  );
}
