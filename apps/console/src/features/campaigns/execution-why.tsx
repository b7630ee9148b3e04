import type { Execution } from '@muster/contracts/campaigns/executions.schema';
import { deviceReasons, isDeviceReason } from '@muster/contracts/reasons';
import { words } from '../../ui/format.js';
import { RelativeTime } from '../../ui/relative-time.js';

type Row = Pick<Execution, 'reasonCode' | 'reasonDetail' | 'notBefore' | 'state'>;

const said = ({ reasonCode, reasonDetail }: Row): string => {
  if (reasonDetail) return reasonDetail;
  if (reasonCode === null) return '';
  return isDeviceReason(reasonCode) ? deviceReasons[reasonCode] : words(reasonCode);
};

/** Why an update stands where it stands, and when a device that put it off is asked again. */
export function ExecutionWhy({ row }: { readonly row: Row }) {
  const again = row.notBefore && (row.state === 'deferred' || row.state === 'queued') ? row.notBefore : null;
  return (
    <span className="soft">
      {said(row)}
      {again ? (
        <span className="quiet">
          {said(row) ? ', ' : ''}asked again <RelativeTime at={again} />
        </span>
      ) : null}
    </span>
  );
}
