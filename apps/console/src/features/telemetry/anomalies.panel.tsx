import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { count } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { anomaliesQuery } from './anomalies.queries.js';
import { AnomalyList } from './anomaly-list.js';

/** What of a device is unlike itself now; takes no room while nothing is. */
export function AnomaliesPanel({ deviceId }: { readonly deviceId: string }) {
  const { data } = useQuery(anomaliesQuery({ deviceId }));
  const open = data?.items.filter(({ state }) => state === 'open') ?? [];
  if (open.length === 0) return null;
  return (
    <Panel
      title="Unlike itself"
      aside={count(open.length)}
      actions={
        <Link to="/anomalies" search={{ deviceId }} className="link">
          All of this device
        </Link>
      }
      bare
    >
      <AnomalyList items={open} />
    </Panel>
  );
}
