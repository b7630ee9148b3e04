import type { Release } from '@muster/contracts/releases/releases.schema';
import { IconAlertTriangle, IconCircleX, IconInfoCircle } from '@tabler/icons-react';
import { moment } from '../../ui/format.js';
import { usePrincipal } from '../access/session.queries.js';
import classes from './wizard.module.css';

interface Demand {
  readonly tone: 'plain' | 'warn' | 'bad';
  readonly text: string;
}

const SOON = 90 * 86_400_000;
const icons = { plain: IconInfoCircle, warn: IconAlertTriangle, bad: IconCircleX } as const;

/** What a release asks of devices and of people, worst first. */
export const demandsOf = (release: Release, me: string | null, now: number): Demand[] => {
  const demands: Demand[] = [];
  const add = (tone: Demand['tone'], text: string) => demands.push({ tone, text });
  if (release.state !== 'published') add('bad', `It is ${release.state}: only a published release can be launched.`);
  const ends = release.supportUntil ? Date.parse(release.supportUntil) : null;
  if (ends !== null && ends < now) add('bad', `Its support ended on ${moment(ends)}.`);
  else if (ends !== null && ends - now < SOON) add('warn', `Its support ends on ${moment(ends)}.`);
  if (me !== null && release.signedBy === me)
    add('plain', 'You signed it: where duties are kept apart, somebody else must launch it.');
  if (release.sbom === null) add('warn', 'It has no SBOM: what is inside cannot be searched.');
  const revisions = release.hardwareRevisions?.length
    ? `, hardware revision ${release.hardwareRevisions.join(' or ')}`
    : '';
  add('plain', `For ${release.models.join(', ')}${revisions}.`);
  if (release.minVersion) add('plain', `A device must run ${release.minVersion} or newer; older ones are left out.`);
  if (release.passThrough) add('plain', 'Devices below it must take it before anything higher.');
  if (release.rollbackIndex > 0)
    add('plain', `Rollback index ${release.rollbackIndex}: a device that took it cannot go back below that.`);
  return demands;
};

/** The chosen release's demands and warnings, under its field. */
export function ReleaseDemands({ release }: { readonly release: Release }) {
  const me = usePrincipal();
  return (
    <ul className={classes.demands} aria-label="What this release demands">
      {demandsOf(release, me?.name ?? null, Date.now()).map(({ tone, text }) => {
        const Icon = icons[tone];
        return (
          <li key={text} className={classes.demand} data-tone={tone}>
            <Icon size={14} aria-hidden />
            <span className={tone === 'plain' ? 'soft' : undefined}>{text}</span>
          </li>
        );
      })}
    </ul>
  );
}
