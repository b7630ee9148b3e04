import type { Release } from '@muster/contracts/releases/releases.schema';
import { moment } from '../../ui/format.js';
import classes from './releases.module.css';

/** How far a release is on its way to devices, and by whose hands. */
export function Way({ release }: { readonly release: Release }) {
  const steps = [
    ['Uploaded', release.artifact.createdAt, release.artifact.createdBy],
    ['Drafted', release.createdAt, release.createdBy],
    ['Signed', release.signedAt, release.signedBy],
    ['Published', release.publishedAt, release.publishedBy],
  ] as const;
  return (
    <ol className={classes.way}>
      {steps.map(([title, at, by]) => (
        <li key={title} data-state={at ? 'done' : 'todo'}>
          <b>{title}</b>
          <span className="quiet">{at ? `${moment(at)}${by ? ` by ${by}` : ''}` : 'not yet'}</span>
        </li>
      ))}
      {release.revokedAt ? (
        <li data-state="bad">
          <b>Revoked</b>
          <span className="soft">{moment(release.revokedAt)}</span>
        </li>
      ) : null}
    </ol>
  );
}
