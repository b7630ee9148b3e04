import { words } from './format.js';
import classes from './status-badge.module.css';
import { lookOf, type Noun } from './vocabulary.js';

interface StatusBadgeProps {
  readonly noun: Noun;
  readonly state: string;
  /** `line` for tables, `pill` where the state is the headline. */
  readonly form?: 'line' | 'pill';
  readonly title?: string;
}

/** Icon, word and colour of a state: never colour alone. */
export function StatusBadge({ noun, state, form = 'line', title }: StatusBadgeProps) {
  const { tone, icon: Icon, word } = lookOf(noun, state);
  return (
    <span className={classes.badge} data-tone={tone} data-form={form} data-state={state} title={title}>
      <Icon size={form === 'pill' ? 15 : 14} stroke={2} className={classes.icon} aria-hidden />
      {word ?? words(state)}
    </span>
  );
}
