import classes from './diff.module.css';
import { inline } from './format.js';

export interface Change {
  readonly path: string;
  readonly op: 'add' | 'remove' | 'replace';
  readonly from: unknown;
  readonly to: unknown;
}

const signs = { add: '+', remove: '−', replace: '~' } as const;
const verbs = { add: 'added', remove: 'removed', replace: 'changed' } as const;

/** What changes between two documents, key by key rather than line by line. */
export function Diff({ changes }: { readonly changes: readonly Change[] }) {
  if (changes.length === 0) return <p className={classes.same}>The two are the same.</p>;
  return (
    <ul className={classes.list}>
      {changes.map((change) => (
        <li key={`${change.op} ${change.path}`} className={classes.change} data-op={change.op}>
          <span className={classes.sign} role="img" aria-label={verbs[change.op]}>
            {signs[change.op]}
          </span>
          <code className={classes.path}>{change.path || '/'}</code>
          <span className={classes.values}>
            {change.op === 'add' ? null : <del>{inline(change.from)}</del>}
            {change.op === 'replace' ? <span aria-hidden> → </span> : null}
            {change.op === 'remove' ? null : <ins>{inline(change.to)}</ins>}
          </span>
        </li>
      ))}
    </ul>
  );
}
