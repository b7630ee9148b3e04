import type { Column } from '../../ui/data-table.js';
import { MayButton } from '../access/may-button.js';

interface RevokeColumnOptions<Row> {
  /** What is revoked, for those who hear the page. */
  readonly nameOf: (row: Row) => string;
  readonly mayEnd: (row: Row) => boolean;
  readonly onRevoke: (row: Row) => void;
}

/** The last column of every way in: ends it, where there is something left to end. */
export const revokeColumn = <Row,>({ nameOf, mayEnd, onRevoke }: RevokeColumnOptions<Row>): Column<Row> => ({
  key: 'end',
  head: '',
  purpose: 'Revoke',
  align: 'right',
  cell: (row) =>
    mayEnd(row) ? (
      <MayButton
        permission="enrollment:write"
        variant="subtle"
        color="gray"
        size="compact-xs"
        aria-label={`Revoke ${nameOf(row)}`}
        onClick={() => onRevoke(row)}
      >
        Revoke…
      </MayButton>
    ) : null,
});
