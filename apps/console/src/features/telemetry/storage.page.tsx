import { useQuery } from '@tanstack/react-query';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { ArchivesPanel } from './archives.panel.js';
import { IfThere } from './if-there.js';
import { storedDaysQuery } from './ingest.queries.js';
import { PurgesPanel } from './purges.panel.js';
import { RetentionPanel } from './retention.panel.js';
import { StoredDaysPanel } from './stored-days.panel.js';

/** What is kept, where it lies, and how it goes. */
export function StoragePage() {
  const days = useQuery(storedDaysQuery);
  return (
    <>
      <PageHeader
        title="Storage"
        sub="How long measured data is kept, where it lies, what was archived and what was removed on request."
      />
      <div className={layout.stack}>
        <RetentionPanel />
        <IfThere query={days} what="Stored days" lines={4}>
          {({ items }) => <StoredDaysPanel days={items} />}
        </IfThere>
        <ArchivesPanel />
        <PurgesPanel />
      </div>
    </>
  );
}
