import { TextInput } from '@mantine/core';
import { IconSnowflake } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { moment } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { freezesQuery } from '../brakes/brakes.queries.js';
import type { FieldsProps } from './campaign-form.js';
import { ConditionFields } from './condition-fields.js';
import { WindowFields } from './window-fields.js';
import classes from './wizard.module.css';

const WEEK = 7 * 86_400_000;

/** Freezes that a campaign starting then would meet within a week. */
function FreezeHints({ startAt }: { readonly startAt: string }) {
  const freezes = useQuery(freezesQuery(false));
  const from = startAt === '' ? Date.now() : new Date(startAt).getTime();
  const met = (freezes.data?.items ?? []).filter(
    (freeze) => Date.parse(freeze.endsAt) > from && Date.parse(freeze.startsAt) < from + WEEK,
  );
  return (
    <>
      {met.map((freeze) => (
        <p key={freeze.id} className={classes.hint}>
          <IconSnowflake size={15} aria-hidden />
          <span>
            <b>{freeze.name}</b>: nothing is offered{' '}
            {freeze.sites === null ? 'anywhere' : `at ${freeze.sites.join(', ')}`} from {moment(freeze.startsAt)} to{' '}
            {moment(freeze.endsAt)}.{' '}
            <Link to="/freezes" className="link">
              Freezes
            </Link>
          </span>
        </p>
      ))}
    </>
  );
}

/** When it starts, when it may go on, and what a device needs at that moment. */
export function WhenFields({ form, set }: FieldsProps) {
  const past = form.startAt !== '' && new Date(form.startAt).getTime() < Date.now();
  return (
    <div className={layout.form}>
      <div className={layout.fields}>
        <TextInput
          label="Start at"
          type="datetime-local"
          description={`Your time, ${Intl.DateTimeFormat().resolvedOptions().timeZone}; empty starts at launch`}
          error={past ? 'This is over' : undefined}
          value={form.startAt}
          onChange={(event) => set({ startAt: event.currentTarget.value })}
        />
      </div>
      <FreezeHints startAt={form.startAt} />
      <WindowFields form={form} set={set} />
      <ConditionFields form={form} set={set} />
    </div>
  );
}
