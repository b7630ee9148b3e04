import { IconChevronLeft } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import classes from './page-header.module.css';
import { useTitle } from './use-title.js';

interface PageHeaderProps {
  readonly title: string;
  /** The list this page belongs to. */
  readonly parent?: { readonly to: string; readonly label: string };
  readonly badge?: ReactNode;
  readonly sub?: ReactNode;
  readonly actions?: ReactNode;
}

/** The page's name, its state beside it and what can be done with it; also sets the document title. */
export function PageHeader({ title, parent, badge, sub, actions }: PageHeaderProps) {
  useTitle(title);
  return (
    <header className={classes.head}>
      <div className={classes.words}>
        {parent ? (
          <nav aria-label="Breadcrumb" className={classes.crumb}>
            <Link to={parent.to}>
              <IconChevronLeft size={13} stroke={2} aria-hidden />
              {parent.label}
            </Link>
          </nav>
        ) : null}
        <div className={classes.line}>
          <h1>{title}</h1>
          {badge}
        </div>
        {sub ? <div className={classes.sub}>{sub}</div> : null}
      </div>
      {actions ? <div className={classes.actions}>{actions}</div> : null}
    </header>
  );
}
