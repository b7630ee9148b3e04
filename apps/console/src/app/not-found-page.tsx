import { Link } from '@tanstack/react-router';
import { EmptyState } from '../ui/empty-state.js';
import classes from './lone-page.module.css';

export function NotFoundPage() {
  return (
    <div className={classes.lone}>
      <EmptyState title="There is no such page">
        Perhaps what it showed is gone, or the address was cut off.{' '}
        <Link to="/" className="link">
          Go to the overview
        </Link>
      </EmptyState>
    </div>
  );
}
