import { ActionIcon } from '@mantine/core';
import type { Freeze } from '@muster/contracts/campaigns/brakes.schema';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { moment } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import classes from './freezes.module.css';

interface MonthStripProps {
  /** First day of the month, in the reader's zone. */
  readonly month: Date;
  readonly freezes: readonly Freeze[];
  readonly onMonth: (month: Date) => void;
}

const letters = ['S', 'M', 'T', 'W', 'T', 'F', 'S'] as const;

/** A month as a row of days, with every freeze that touches it as a bar below. */
export function MonthStrip({ month, freezes, onMonth }: MonthStripProps) {
  const now = useNow();
  const next = new Date(month.getFullYear(), month.getMonth() + 1, 1);
  const length = Math.round((next.getTime() - month.getTime()) / 86_400_000);
  const days = Array.from({ length }, (_, index) => new Date(month.getFullYear(), month.getMonth(), index + 1));
  const whole = next.getTime() - month.getTime();
  const at = (ms: number) => Math.min(100, Math.max(0, ((ms - month.getTime()) / whole) * 100));
  const touching = freezes.filter(
    ({ startsAt, endsAt }) => Date.parse(startsAt) < next.getTime() && Date.parse(endsAt) > month.getTime(),
  );
  const step = (by: number) => onMonth(new Date(month.getFullYear(), month.getMonth() + by, 1));
  const today = new Date(now).toDateString();
  return (
    <div className={classes.strip}>
      <div className={classes.stripHead}>
        <ActionIcon aria-label="Earlier month" onClick={() => step(-1)}>
          <IconChevronLeft size={16} />
        </ActionIcon>
        <h2>{month.toLocaleDateString('en-GB', { month: 'long', year: 'numeric' })}</h2>
        <ActionIcon aria-label="Later month" onClick={() => step(1)}>
          <IconChevronRight size={16} />
        </ActionIcon>
        <span className="quiet">
          {touching.length === 0 ? 'nothing is frozen' : 'your time; devices are held wherever they are'}
        </span>
      </div>
      <div className={classes.days} aria-hidden style={{ gridTemplateColumns: `repeat(${length}, 1fr)` }}>
        {days.map((day) => (
          <span
            key={day.getDate()}
            data-weekend={day.getDay() % 6 === 0 || undefined}
            data-today={day.toDateString() === today || undefined}
          >
            <i>{letters[day.getDay()]}</i>
            {day.getDate()}
          </span>
        ))}
      </div>
      <ul className={classes.bars} aria-label="Freezes of this month">
        {touching.map((freeze) => {
          const from = at(Date.parse(freeze.startsAt));
          const to = at(Date.parse(freeze.endsAt));
          return (
            <li key={freeze.id} title={`${moment(freeze.startsAt)} to ${moment(freeze.endsAt)}`}>
              <span className={classes.bar} style={{ left: `${from}%`, width: `${Math.max(0.6, to - from)}%` }} />
              <span className={classes.barName} style={from < 70 ? { left: `${from}%` } : { right: `${100 - to}%` }}>
                {freeze.name}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
