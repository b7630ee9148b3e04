import { SegmentedControl } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../../ui/empty-state.js';
import { layout } from '../../ui/layout.js';
import { PagedList } from '../../ui/paged-list.js';
import { Panel } from '../../ui/panel.js';
import { ApprovalItem } from './approval-item.js';
import { approvalsQuery } from './enrollment.queries.js';

const route = getRouteApi('/inside/enrolment');

/** Devices that wait for a person, with what tells one key from another; letters bring new ones in. */
export function ApprovalsPanel() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const all = search.decided === 'true';
  const approvals = useInfiniteQuery(approvalsQuery(all ? undefined : 'pending'));
  return (
    <div className={layout.stack}>
      <div className={layout.filters}>
        <SegmentedControl
          aria-label="Which approvals"
          value={all ? 'all' : 'pending'}
          data={[
            { value: 'pending', label: 'Waiting' },
            { value: 'all', label: 'All' },
          ]}
          onChange={(value) =>
            void navigate({
              search: { ...search, decided: value === 'all' ? 'true' : undefined },
              replace: true,
            })
          }
        />
      </div>
      <Panel title={all ? 'Approvals' : 'Waiting devices'} aside="newest first" bare>
        <PagedList
          query={approvals}
          empty={
            <EmptyState title={all ? 'Nobody was asked yet' : 'No device waits'}>
              A device waits here when its serial number is not on its batch’s list, when its manufacturer’s devices all
              wait, or when its certificate ended longer ago than the grace. You compare six words with what the device
              shows.
            </EmptyState>
          }
        >
          {(items) => (
            <ul aria-live="polite">
              {items.map((approval) => (
                <ApprovalItem key={approval.id} approval={approval} />
              ))}
            </ul>
          )}
        </PagedList>
      </Panel>
    </div>
  );
}
