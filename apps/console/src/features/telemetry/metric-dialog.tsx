import { Button, Modal, NumberInput, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { describeMetric } from '@muster/contracts/telemetry/metrics.routes';
import type { Metric, MetricFacts } from '@muster/contracts/telemetry/metrics.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { DurationInput } from '../../ui/duration-input.js';
import { allAtFields, fieldFault } from '../../ui/field-faults.js';
import { Fold } from '../../ui/fold.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { changedFacts, factsOf, numberOrNull, textOrNull } from './metric-facts.js';

interface MetricDialogProps {
  /** Null describes one that nobody has sent yet. */
  readonly metric: Metric | null;
  readonly onClose: () => void;
}

/** What is said of a metric. It holds for readings from now on; what is stored stays as it is. */
export function MetricDialog({ metric, onClose }: MetricDialogProps) {
  const [was] = useState(() => factsOf(metric));
  const [key, setKey] = useState(metric?.key ?? '');
  const [facts, setFacts] = useState<MetricFacts>(was);
  const save = useAction(describeMetric, { stale: [['metrics'], ['device']], onDone: onClose });
  const change = (next: Partial<MetricFacts>) => setFacts({ ...facts, ...next });
  const fault = (field: keyof MetricFacts) => fieldFault(save.error, field);
  const changed = changedFacts(was, facts);
  const wrongKey = key !== '' && !/^[a-z][a-z0-9_.]{0,63}$/.test(key);
  const inverted = facts.low !== null && facts.high !== null && facts.low >= facts.high;
  return (
    <Modal opened onClose={onClose} title={metric ? `Metric ${metric.key}` : 'Describe a metric'} size={560}>
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ params: { metricKey: key }, body: changed });
        }}
      >
        {metric ? null : (
          <TextInput
            label="Key"
            description="As devices send it"
            placeholder="temperature_c"
            data-autofocus
            value={key}
            error={wrongKey ? 'a to z, 0 to 9, _ and ., starting with a letter' : undefined}
            onChange={(event) => setKey(event.currentTarget.value.trim())}
          />
        )}
        <div className={layout.fields}>
          <TextInput
            label="Title"
            value={facts.title ?? ''}
            error={fault('title')}
            onChange={(event) => change({ title: textOrNull(event.currentTarget.value) })}
          />
          <TextInput
            label="Unit"
            maxLength={32}
            value={facts.unit ?? ''}
            error={fault('unit')}
            onChange={(event) => change({ unit: textOrNull(event.currentTarget.value) })}
          />
        </div>
        <SegmentedControl
          aria-label="Kind"
          value={facts.kind}
          data={[
            { value: 'gauge', label: 'Gauge: goes up and down' },
            { value: 'counter', label: 'Counter: only up' },
          ]}
          onChange={(kind) => change({ kind: kind as MetricFacts['kind'] })}
        />
        <div className={layout.fields}>
          <NumberInput
            label="Lowest possible"
            value={facts.low ?? ''}
            error={fault('low')}
            onChange={(value) => change({ low: numberOrNull(value) })}
          />
          <NumberInput
            label="Highest possible"
            value={facts.high ?? ''}
            error={inverted ? 'must be above the lowest' : fault('high')}
            onChange={(value) => change({ high: numberOrNull(value) })}
          />
        </div>
        <p className="quiet">Readings outside are kept, marked in charts and left out of averages.</p>
        <div className={layout.fields}>
          <DurationInput
            label="Stuck after"
            description="Unchanged for longer is suspect"
            optional
            min={1}
            max={30 * 86_400}
            value={facts.stuckAfterS}
            onChange={(stuckAfterS) => change({ stuckAfterS })}
          />
          {facts.kind === 'counter' ? (
            <NumberInput
              label="Starts again at"
              description="Where the counter wraps to zero"
              placeholder="4294967296"
              value={facts.wrapAt ?? ''}
              error={fault('wrapAt')}
              onChange={(value) => change({ wrapAt: numberOrNull(value) })}
            />
          ) : null}
        </div>
        <Fold
          title="Another name"
          said={facts.aliasOf ? `stored as ${facts.aliasOf}` : 'none'}
          open={facts.aliasOf !== null || fault('aliasOf') !== undefined}
        >
          <div className={layout.fields}>
            <TextInput
              label="Stored under"
              placeholder="power_w"
              value={facts.aliasOf ?? ''}
              error={fault('aliasOf')}
              onChange={(event) => change({ aliasOf: textOrNull(event.currentTarget.value.trim()) })}
            />
            <NumberInput
              label="Times"
              value={facts.factor}
              error={fault('factor')}
              onChange={(value) => change({ factor: numberOrNull(value) ?? 1 })}
            />
            <NumberInput
              label="Plus"
              value={facts.shift}
              error={fault('shift')}
              onChange={(value) => change({ shift: numberOrNull(value) ?? 0 })}
            />
          </div>
        </Fold>
        <Switch
          label="Personal"
          description="Shown and exported only to people with the permission telemetry:personal"
          checked={facts.personal}
          onChange={(event) => change({ personal: event.currentTarget.checked })}
        />
        {save.isError && !allAtFields(save.error, Object.keys(facts)) ? <ProblemNotice error={save.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={key === '' || wrongKey || inverted || (metric !== null && Object.keys(changed).length === 0)}
          >
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}
