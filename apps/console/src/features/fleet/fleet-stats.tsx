import type { FleetSummary } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { count, many, percent, shortCount } from '../../ui/format.js';
import { Stat, StatRow } from '../../ui/stat.js';
import { campaignsQuery } from '../campaigns/campaigns.queries.js';
import { releasesQuery } from '../releases/releases.queries.js';
import { newestInService } from './newest-in-service.js';

/** The six numbers of the fleet, each with its denominator and a link to the devices behind it. */
export function FleetStats({ summary }: { readonly summary: FleetSummary }) {
  const releases = useQuery(releasesQuery({ state: 'published', pageSize: 200 }));
  const campaigns = useQuery(campaignsQuery({ pageSize: 200 }));
  const newest = newestInService(summary, releases.data?.items ?? [], campaigns.data?.items ?? []);
  const aimed = summary.firmware.filter(({ model }) => newest.has(model));
  const onTarget = aimed
    .filter(({ model, version }) => version === newest.get(model))
    .reduce((n, row) => n + row.count, 0);
  const withTarget = aimed.reduce((n, row) => n + row.count, 0);
  const of = `of ${shortCount(summary.total)}`;
  const { presence, health } = summary;
  const unwell = health.degraded + health.error;
  const share = (n: number) => (summary.total > 0 ? percent(n / summary.total) : '—');
  return (
    <StatRow>
      <Stat
        label="Online"
        value={count(presence.online ?? 0)}
        of={of}
        note={`${share(presence.online ?? 0)} within their heartbeat`}
        to="/devices"
        search={{ presence: 'online' }}
      />
      <Stat
        label="Offline"
        value={count(presence.offline ?? 0)}
        of={of}
        tone={(presence.offline ?? 0) > 0 ? 'bad' : 'plain'}
        note={presence.late ? `${count(presence.late)} more are late` : 'none late'}
        to="/devices"
        search={{ presence: 'offline' }}
      />
      <Stat
        label="On the newest release"
        value={withTarget > 0 ? count(onTarget) : '—'}
        {...(withTarget > 0 ? { of: `of ${shortCount(withTarget)}` } : {})}
        note={withTarget > 0 ? percent(onTarget / withTarget) : 'none is in service yet'}
        to="/releases"
      />
      <Stat
        label="Drifted"
        value={count(summary.drifted)}
        of={of}
        tone={summary.drifted > 0 ? 'warn' : 'plain'}
        note={summary.drifted > 0 ? share(summary.drifted) : 'all as configured'}
        to="/drift"
      />
      <Stat
        label="Unhealthy"
        value={count(unwell)}
        of={of}
        tone={unwell > 0 ? 'warn' : 'plain'}
        note={unwell > 0 ? `${many(health.error, 'device')} with errors` : 'every device reports healthy'}
        to="/devices"
      />
      <Stat
        label="Certificates ending"
        value={count(summary.certificatesExpiring30d)}
        of={of}
        tone={summary.certificatesExpiring30d > 0 ? 'warn' : 'plain'}
        note="within 30 days"
        to="/trust"
        search={{ tab: 'certificates', within: '30' }}
      />
    </StatRow>
  );
}
