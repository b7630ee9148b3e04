import type { Release } from '@muster/contracts/releases/releases.schema';
import { Facts } from '../../ui/facts.js';
import { Panel } from '../../ui/panel.js';
import { SupportEnd } from './support-end.js';

const list = (words: readonly string[]) => words.join(', ');

/** What a device must be to take this release, and for how long it is supported. */
export function DemandsPanel({ release }: { readonly release: Release }) {
  return (
    <Panel title="Demands">
      <Facts
        facts={[
          ['Models', list(release.models)],
          [
            'Hardware revisions',
            release.hardwareRevisions.length > 0 ? list(release.hardwareRevisions) : <Any key="any">every one</Any>,
          ],
          [
            'Minimum version',
            release.minVersion ? <span className="num">{release.minVersion}</span> : <Any key="any">none</Any>,
          ],
          [
            'Pass-through',
            release.passThrough ? (
              'devices below it take it before anything higher'
            ) : (
              <Any key="no">may be skipped</Any>
            ),
          ],
          [
            'Rollback index',
            <span key="index" className="num">
              {String(release.rollbackIndex)}
            </span>,
          ],
          ['Support until', <SupportEnd key="support" at={release.supportUntil} />],
        ]}
      />
    </Panel>
  );
}

function Any({ children }: { readonly children: string }) {
  return <span className="quiet">{children}</span>;
}
