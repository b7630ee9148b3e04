import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { asProblem } from '../api/problem-error.js';
import classes from './problem-notice.module.css';

interface ProblemNoticeProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** A refusal or failure in place: what, why, its code and request id, and the next step where there is one. */
export function ProblemNotice({ error, onRetry }: ProblemNoticeProps) {
  const problem = asProblem(error);
  return (
    <div role="alert" className={classes.notice}>
      <IconAlertTriangle size={16} aria-hidden className={classes.icon} />
      <div className={classes.words}>
        <p className={classes.title}>{problem.title}</p>
        {problem.detail ? <p className="soft">{problem.detail}</p> : null}
        {problem.errors?.length ? (
          <ul className={classes.faults}>
            {problem.errors.map((fault) => (
              <li key={`${fault.pointer}${fault.message}`}>
                <code>{fault.pointer || '/'}</code> {fault.message}
              </li>
            ))}
          </ul>
        ) : null}
        <p className={classes.fine}>
          <code>{problem.code}</code>
          {problem.requestId ? (
            <>
              {' · request '}
              <code>{problem.requestId}</code>
            </>
          ) : null}
        </p>
      </div>
      {onRetry ? (
        <Button variant="default" size="compact-xs" onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}
