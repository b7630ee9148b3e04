import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { ArchivesPanel } from './archives.panel.js';
import { PurgesPanel } from './purges.panel.js';
import { RetentionPanel } from './retention.panel.js';
import { StoredDaysPanel } from './stored-days.panel.js';

/** What is kept, where it lies, and how it goes. */
export function StoragePage() {
  return (
    <>
      <PageHeader
        title="Storage"
        sub="How long measured data is kept, where it lies, what was archived and what was removed on request."
      />
      <div className={layout.stack}>
        <RetentionPanel />
        <StoredDaysPanel />
        <ArchivesPanel />
        <PurgesPanel />
      </div>
    </>
  );
}
