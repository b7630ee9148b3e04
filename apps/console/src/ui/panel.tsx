import type { ReactNode } from 'react';
import classes from './panel.module.css';

interface PanelProps {
  readonly title?: string;
  /** Beside the title: a count, an as-of time. */
  readonly aside?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** `bare` lets a table reach the panel's edges. */
  readonly bare?: boolean;
  readonly className?: string;
}

/** A titled region of a page. Its title is also its accessible name. */
export function Panel({ title, aside, actions, children, bare = false, className }: PanelProps) {
  return (
    <section className={`${classes.panel} ${className ?? ''}`} aria-label={title}>
      {title ? (
        <header className={classes.head}>
          <h2>{title}</h2>
          {aside ? <div className={classes.aside}>{aside}</div> : null}
          {actions ? <div className={classes.actions}>{actions}</div> : null}
        </header>
      ) : null}
      <div className={bare ? classes.bare : classes.body}>{children}</div>
    </section>
  );
}
