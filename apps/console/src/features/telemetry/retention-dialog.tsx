import { Button, Modal, NumberInput, Switch, TextInput } from '@mantine/core';
import { setRetention } from '@muster/contracts/telemetry/retention.routes';
import type { RetentionPolicy } from '@muster/contracts/telemetry/retention.schema';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { allAtFields, fieldFault } from '../../ui/field-faults.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { consequencesOf } from './retention-words.js';
import classes from './storage.module.css';

interface RetentionDialogProps {
  readonly policies: readonly RetentionPolicy[];
  /** Which one is changed; null adds one for a class. */
  readonly policy: RetentionPolicy | null;
  readonly onClose: () => void;
}

const numbers = [
  { key: 'rawDays', label: 'Raw data, days' },
  { key: 'hourlyDays', label: 'Hourly values, days' },
  { key: 'warmAfterDays', label: 'Rewrite after, days' },
] as const;

/** One policy, and what saving it would do before it is saved. */
export function RetentionDialog({ policies, policy, onClose }: RetentionDialogProps) {
  const tenant = policies.find((one) => one.class === null)!;
  const was = policy ?? { ...tenant, class: '' };
  const [next, setNext] = useState<RetentionPolicy>(was);
  const save = useAction(setRetention, { stale: [['retention']], onDone: onClose });
  const at = policy === null ? policies.length : policies.indexOf(policy);
  const wanted = policy === null ? [...policies, next] : policies.map((one) => (one === policy ? next : one));
  const fields = [...numbers.map(({ key }) => key), 'class', 'archive'].map((key) => `policies/${at}/${key}`);
  const fault = (key: string) => fieldFault(save.error, `policies/${at}/${key}`);
  const consequences = consequencesOf(was, next);
  const removes = consequences.some((one) => one.removes);
  const taken = policy === null && policies.some((one) => one.class === next.class?.trim());
  return (
    <Modal
      opened
      onClose={onClose}
      title={
        policy === null
          ? 'Retention of a device class'
          : policy.class === null
            ? 'Retention'
            : `Retention of ${policy.class}`
      }
      size={520}
    >
      <form
        className={layout.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate({ body: { policies: wanted } });
        }}
      >
        {policy === null ? (
          <TextInput
            label="Device class"
            description="Devices of this class follow this policy in place of the tenant’s"
            data-autofocus
            maxLength={64}
            value={next.class ?? ''}
            error={taken ? 'has a policy already' : fault('class')}
            onChange={(event) => setNext({ ...next, class: event.currentTarget.value })}
          />
        ) : null}
        <div className={layout.fields}>
          {numbers.map(({ key, label }) => (
            <NumberInput
              key={key}
              label={label}
              min={1}
              max={3650}
              allowDecimal={false}
              clampBehavior="none"
              value={next[key]}
              error={fault(key)}
              onChange={(value) => typeof value === 'number' && setNext({ ...next, [key]: value })}
            />
          ))}
        </div>
        <Switch
          label="Archive raw days before they are removed"
          description="As Parquet files on the artifact store, read back and compared before anything is removed"
          checked={next.archive}
          onChange={(event) => setNext({ ...next, archive: event.currentTarget.checked })}
        />
        <ul
          className={classes.consequences}
          data-removes={removes || undefined}
          aria-label="What saving does"
          aria-live="polite"
        >
          {consequences.length === 0 ? <li>Nothing changes yet.</li> : null}
          {consequences.map(({ text }) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
        {save.isError && !allAtFields(save.error, fields) ? <ProblemNotice error={save.error} /> : null}
        <div className={layout.buttons}>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={taken || (policy === null ? !next.class?.trim() : consequences.length === 0)}
            {...(removes ? { color: 'red.8' } : {})}
          >
            {removes ? 'Save, and remove what is older' : 'Save'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
