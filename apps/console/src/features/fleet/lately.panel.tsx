import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { words } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { ActorName } from '../../ui/resource-link.js';
import { useMay } from '../access/session.queries.js';
import { latestAuditQuery } from '../audit/audit.queries.js';
import classes from './overview.module.css';

/** The newest entries of the audit trail: who did what. */
export function LatelyPanel() {
  const may = useMay('audit:read');
  const audit = useQuery({ ...latestAuditQuery, enabled: may });
  if (!may) return null;
  return (
    <Panel
      title="Lately"
      actions={
        <Link to="/audit" className="link">
          Audit
        </Link>
      }
      bare
    >
      <Answer query={audit}>
        {({ items }) => (
          <ul className={classes.lately}>
            {items.slice(0, 8).map((entry) => (
              <li key={entry.seq}>
                <span>
                  {words(entry.action)}{' '}
                  <span className="quiet">
                    by <ActorName actor={entry.actor} />
                  </span>
                </span>
                <RelativeTime at={entry.at} className="quiet" />
              </li>
            ))}
          </ul>
        )}
      </Answer>
    </Panel>
  );
}
