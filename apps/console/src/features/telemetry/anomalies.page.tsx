import { Button, SegmentedControl, Select } from '@mantine/core';
import type { AnomalyKind, suspects } from '@muster/contracts/telemetry/anomalies.schema';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { EmptyState } from '../../ui/empty-state.js';
import { words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { anomalyPagesQuery } from './anomalies.queries.js';
import { AnomalyList } from './anomaly-list.js';
import { IfThere } from './if-there.js';

const route = getRouteApi('/inside/anomalies');

const kinds: Readonly<Record<keyof typeof suspects, string>> = {
  stuck: 'Stuck: the sensor repeats itself',
  spike: 'Spike: one implausible reading',
  drift: 'Drift: slowly away, alone',
  anomaly: 'Anomaly: plausible, and unlike before',
  flood: 'Flood: the device sends too much',
};

/** Everything in the fleet that is unlike itself, and whether to look at the sensor, the asset or the device. */
export function AnomaliesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const state = search.state ?? 'open';
  const anomalies = useInfiniteQuery(anomalyPagesQuery({ ...search, state }));
  const filtered = search.kind !== undefined || search.deviceId !== undefined;
  return (
    <>
      <PageHeader
        title="Anomalies"
        sub="Series and devices that behave unlike themselves. The mark says where to look: at the sensor, at what it measures, or at the device."
      />
      <div className={layout.stack}>
        <div className={layout.filters}>
          <SegmentedControl
            aria-label="State"
            value={state}
            data={[
              { value: 'open', label: 'Now' },
              { value: 'closed', label: 'Over' },
            ]}
            onChange={(next) =>
              void navigate({ search: { ...search, state: next === 'closed' ? 'closed' : undefined } })
            }
          />
          <Select
            aria-label="Kind"
            placeholder="Any kind"
            clearable
            w={260}
            clearButtonProps={{ 'aria-label': 'Any kind' }}
            data={Object.entries(kinds).map(([value, label]) => ({ value, label }))}
            value={search.kind ?? null}
            onChange={(kind) => void navigate({ search: { ...search, kind: (kind as AnomalyKind) ?? undefined } })}
          />
          {search.deviceId ? (
            <Button variant="default" onClick={() => void navigate({ search: { ...search, deviceId: undefined } })}>
              Any device
            </Button>
          ) : null}
        </div>
        <Panel bare>
          <IfThere query={anomalies} what="Anomaly detection" lines={6}>
            {({ pages }) => {
              const items = pages.flatMap((page) => page.items);
              return items.length === 0 ? (
                <EmptyState
                  title={filtered ? 'None match this filter' : state === 'open' ? 'Nothing unusual' : 'None yet'}
                >
                  {state === 'open' && !filtered ? 'Every series behaves as it did before.' : null}
                  {search.kind ? `Kind: ${words(search.kind)}` : null}
                </EmptyState>
              ) : (
                <AnomalyList items={items} named />
              );
            }}
          </IfThere>
          {anomalies.hasNextPage ? (
            <Button variant="subtle" color="gray" fullWidth onClick={() => void anomalies.fetchNextPage()}>
              More
            </Button>
          ) : null}
        </Panel>
      </div>
    </>
  );
}
