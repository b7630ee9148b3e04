import { IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './fold.module.css';

interface FoldProps {
  readonly title: string;
  /** What is inside in a few words, so that it need not be opened to be known. */
  readonly said?: ReactNode;
  readonly open?: boolean;
  readonly children: ReactNode;
}

/** What most people leave as it is, one press away. */
export function Fold({ title, said, open = false, children }: FoldProps) {
  return (
    <details className={classes.fold} open={open}>
      <summary>
        <IconChevronRight size={14} aria-hidden className={classes.mark} />
        <span>{title}</span>
        {said ? <span className={classes.said}>{said}</span> : null}
      </summary>
      <div className={classes.inside}>{children}</div>
    </details>
  );
}
