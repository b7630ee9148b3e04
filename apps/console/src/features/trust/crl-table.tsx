import type { Authority } from '@muster/contracts/trust/trust.schema';
import { Copyable } from '../../ui/copyable.js';
import { bytes, count } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { listState } from './list-state.js';
import classes from './trust.module.css';

/** Lists of revoked certificates of an authority: how old each is against half of its life, and how large. */
export function CrlTable({ crls }: { readonly crls: Authority['crls'] }) {
  const now = useNow();
  if (crls.length === 0) return null;
  return (
    <div className={classes.scroll}>
      <table className={classes.shards}>
        <caption className="visually-hidden">Lists of revoked certificates</caption>
        <thead>
          <tr>
            <th scope="col">List</th>
            <th scope="col">State</th>
            <th scope="col">Age, half its life marked</th>
            <th scope="col">Next</th>
            <th scope="col" className={classes.right}>
              Entries
            </th>
            <th scope="col" className={classes.right}>
              Size
            </th>
            <th scope="col">Address</th>
          </tr>
        </thead>
        <tbody>
          {crls.map((crl) => {
            const { state, tone, share } = listState(crl, now);
            return (
              <tr key={crl.shard}>
                <th scope="row" className="num">
                  {crl.shard} <span className="quiet">number {count(crl.number)}</span>
                </th>
                <td>
                  <StatusBadge noun="list" state={state} />
                </td>
                <td>
                  <span className={classes.age}>
                    <span className={classes.ageBar} data-tone={tone}>
                      <i style={{ width: `${Math.min(100, share * 100)}%` }} />
                    </span>
                    <RelativeTime at={crl.thisUpdate} />
                  </span>
                </td>
                <td>
                  <RelativeTime at={crl.nextUpdate} />
                </td>
                <td className={classes.right}>{count(crl.entries)}</td>
                <td className={classes.right}>{bytes(crl.bytes)}</td>
                <td>
                  <Copyable text={crl.uri} label={`address of list ${crl.shard}`} head={34} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
