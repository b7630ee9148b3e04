import { ActionIcon, Autocomplete, Button, NumberInput, Select, Switch } from '@mantine/core';
import type { MetricLimit } from '@muster/contracts/campaigns/plans.schema';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { DurationInput } from '../../ui/duration-input.js';
import { layout } from '../../ui/layout.js';
import { type FieldsProps, freshHealth, type HealthDraft, type MetricDraft, nextKey } from './campaign-form.js';
import { useKnownMetrics } from './known-metrics.js';
import { selectorOf } from './plan-of-form.js';
import classes from './wizard.module.css';

interface MetricRowProps {
  readonly draft: MetricDraft;
  readonly n: number;
  readonly known: ReturnType<typeof useKnownMetrics>;
  readonly change: (next: Partial<MetricDraft>) => void;
  readonly remove: () => void;
}

function MetricRow({ draft, n, known, change, remove }: MetricRowProps) {
  const name = known.find(({ metric }) => metric === draft.metric);
  return (
    <li className={classes.metricRow}>
      <Autocomplete
        label="Metric"
        placeholder="temperature_c"
        data={known.map(({ metric }) => metric)}
        renderOption={({ option }) => {
          const one = known.find(({ metric }) => metric === option.value);
          return (
            <span>
              {one?.title} <span className="quiet">{option.value}</span>
            </span>
          );
        }}
        error={
          draft.metric !== '' && !/^[a-z][a-z0-9_.]{0,63}$/.test(draft.metric) ? 'such as temperature_c' : undefined
        }
        value={draft.metric}
        onChange={(metric) => change({ metric: metric.trim() })}
      />
      <Select
        label="Bad is"
        allowDeselect={false}
        data={[
          { value: 'up', label: 'a rise' },
          { value: 'down', label: 'a fall' },
          { value: 'both', label: 'any change' },
        ]}
        value={draft.bad}
        onChange={(bad) => change({ bad: bad as MetricLimit['bad'] })}
      />
      <NumberInput
        label="Of more than"
        suffix={name?.unit ? ` ${name.unit}` : ''}
        min={0}
        allowNegative={false}
        hideControls
        value={draft.maxChange}
        onChange={(value) => typeof value === 'number' && value > 0 && change({ maxChange: value })}
      />
      <ActionIcon aria-label={`Remove metric ${n}`} onClick={remove}>
        <IconTrash size={15} />
      </ActionIcon>
    </li>
  );
}

/** How updated devices must do in service: against their own past, and against those not updated yet. */
export function HealthFields({ form, set }: FieldsProps) {
  const { health } = form;
  const known = useKnownMetrics(selectorOf(form), health !== null);
  const change = (next: Partial<HealthDraft>) => set({ health: { ...(health ?? freshHealth), ...next } });
  const changeMetric = (key: number, next: Partial<MetricDraft>) =>
    change({ metrics: health!.metrics.map((one) => (one.key === key ? { ...one, ...next } : one)) });
  return (
    <div className={layout.form}>
      <Switch
        label="Watch updated devices in service"
        description="A device’s errors are heartbeats it missed or sent as errors. They are compared with its own past and with devices not updated yet; too little data holds the wave."
        checked={health !== null}
        onChange={(event) => set({ health: event.currentTarget.checked ? freshHealth : null })}
      />
      {health ? (
        <>
          <div className={layout.fields}>
            <NumberInput
              label="Errors may rise by"
              suffix=" points"
              min={0}
              max={100}
              allowNegative={false}
              hideControls
              value={health.maxErrorRise}
              onChange={(value) => typeof value === 'number' && change({ maxErrorRise: value })}
            />
            <NumberInput
              label="Halt above"
              suffix=" × their own past"
              min={1}
              max={100}
              allowNegative={false}
              hideControls
              value={health.maxBurn}
              onChange={(value) => typeof value === 'number' && change({ maxBurn: value })}
            />
            <DurationInput
              label="Their own past is the last"
              min={300}
              max={604_800}
              value={health.baselineS}
              onChange={(baselineS) => baselineS !== null && change({ baselineS })}
            />
          </div>
          <ul>
            {health.metrics.map((draft, index) => (
              <MetricRow
                key={draft.key}
                draft={draft}
                n={index + 1}
                known={known}
                change={(next) => changeMetric(draft.key, next)}
                remove={() => change({ metrics: health.metrics.filter((one) => one.key !== draft.key) })}
              />
            ))}
          </ul>
          <div>
            <Button
              variant="subtle"
              color="gray"
              leftSection={<IconPlus size={14} />}
              disabled={health.metrics.length >= 10}
              onClick={() =>
                change({
                  metrics: [...health.metrics, { key: nextKey(health.metrics), metric: '', bad: 'up', maxChange: 1 }],
                })
              }
            >
              Watch a metric
            </Button>
          </div>
        </>
      ) : null}
    </div>
  );
}
