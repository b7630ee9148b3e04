import type { ErrorComponentProps } from '@tanstack/react-router';
import { ProblemNotice } from '../ui/problem-notice.js';
import classes from './lone-page.module.css';

/** A page that could not be shown; the rest of the console stays. */
export function FaultPage({ error, reset }: ErrorComponentProps) {
  return (
    <div className={classes.lone}>
      <ProblemNotice error={error} onRetry={reset} />
    </div>
  );
}
