import type { FleetSummary } from '@muster/contracts/devices/devices.schema';
import { compareVersions } from '@muster/domain/releases/compare-versions';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { count, percent } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { campaignsQuery } from '../campaigns/campaigns.queries.js';
import { releasesQuery } from '../releases/releases.queries.js';
import { newestInService } from './newest-in-service.js';
import classes from './overview.module.css';

interface VersionShare {
  readonly version: string | null;
  readonly count: number;
}

const newestFirst = (a: VersionShare, b: VersionShare) =>
  a.version === null ? 1 : b.version === null ? -1 : compareVersions(b.version, a.version);

/** Which firmware each model runs, the newest release marked. */
export function AdoptionPanel({ summary }: { readonly summary: FleetSummary }) {
  const releases = useQuery(releasesQuery({ state: 'published', pageSize: 200 }));
  const campaigns = useQuery(campaignsQuery({ pageSize: 200 }));
  const newest = newestInService(summary, releases.data?.items ?? [], campaigns.data?.items ?? []);
  return (
    <Panel title="Version adoption" bare>
      <table className={classes.table}>
        <caption className="visually-hidden">Firmware versions by model</caption>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Version</th>
            <th scope="col" className={classes.wide}>
              Share
            </th>
            <th scope="col" className={classes.right}>
              Devices
            </th>
          </tr>
        </thead>
        <tbody>
          {summary.models.flatMap(({ model, total }) =>
            summary.firmware
              .filter((row) => row.model === model)
              .toSorted(newestFirst)
              .map((row, index) => {
                const target = row.version !== null && row.version === newest.get(model);
                return (
                  <tr key={`${model} ${row.version}`} data-first={index === 0 || undefined}>
                    <th scope="row">{index === 0 ? model : <span className="visually-hidden">{model}</span>}</th>
                    <td>
                      {row.version === null ? (
                        <span className="quiet">not reported</span>
                      ) : (
                        <Link to="/devices" search={{ model, firmware: row.version }} className="link num">
                          {row.version}
                        </Link>
                      )}
                      {target ? (
                        <span className={classes.tag} title="The newest published release in service">
                          newest
                        </span>
                      ) : null}
                    </td>
                    <td>
                      <span className={classes.meter} aria-hidden>
                        <i
                          data-target={target || undefined}
                          style={{ width: `${(row.count / Math.max(1, total)) * 100}%` }}
                        />
                      </span>
                    </td>
                    <td className={classes.right}>
                      {count(row.count)} <span className="quiet">{percent(row.count / Math.max(1, total), 0)}</span>
                    </td>
                  </tr>
                );
              }),
          )}
        </tbody>
      </table>
    </Panel>
  );
}
