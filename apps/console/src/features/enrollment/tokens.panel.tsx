import { revokeEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import type { EnrollmentToken } from '@muster/contracts/enrollment/enrollment.schema';
import { IconListNumbers, IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import { PagedList } from '../../ui/paged-list.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MayButton } from '../access/may-button.js';
import { useMay } from '../access/session.queries.js';
import { BulkTokensDialog } from './bulk-tokens-dialog.js';
import { EnrolDialog } from './enrol-dialog.js';
import { tokensQuery } from './enrollment.queries.js';
import { revokeColumn } from './revoke-column.js';
import { wayInState } from './way-in-state.js';

const route = getRouteApi('/inside/enrolment');

function State({ token }: { readonly token: EnrollmentToken }) {
  const now = useNow();
  return <StatusBadge noun="wayIn" state={wayInState(token, token.uses, token.maxUses, now)} />;
}

function Newest({ token }: { readonly token: EnrollmentToken }) {
  const { deviceId, refusals } = token.steps;
  if (deviceId)
    return (
      <Link to="/devices/$deviceId" params={{ deviceId }} className="link">
        enrolled a device <RelativeTime at={token.steps.certificateIssuedAt ?? token.steps.tokenUsedAt} />
      </Link>
    );
  const last = refusals.at(-1);
  return last ? (
    <span title={last.detail}>
      refused: <code>{last.code}</code> <RelativeTime at={last.at} />
    </span>
  ) : (
    <span className="quiet">not used</span>
  );
}

/** Tokens, newest first: for whom each is, how often it was used, until when; and ways to make one or many. */
export function TokensPanel() {
  const hash = useRouterState({ select: (state) => state.location.hash });
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const tokens = useInfiniteQuery(tokensQuery);
  const may = useMay('enrollment:write');
  const [dialog, setDialog] = useState<'one' | 'many' | null>(null);
  const [ending, setEnding] = useState<EnrollmentToken | null>(null);
  const now = useNow();
  const revoke = useAction(revokeEnrollmentToken, { stale: [['tokens']], onDone: () => setEnding(null) });
  const close = () => {
    setDialog(null);
    if (hash) void navigate({ search, hash: '', replace: true });
  };
  const columns: readonly Column<EnrollmentToken>[] = [
    { key: 'name', head: 'Token', cell: (row) => <b title={`begins with ${row.prefix}`}>{row.name}</b> },
    { key: 'state', head: 'State', cell: (row) => <State token={row} /> },
    {
      key: 'uses',
      head: 'Used',
      align: 'right',
      cell: (row) => `${count(row.uses)} of ${count(row.maxUses)}`,
    },
    {
      key: 'for',
      head: 'For',
      cell: (row) => (
        <span className="soft">
          {[row.serial ? `serial ${row.serial}` : null, row.model, row.site].filter(Boolean).join(' · ') ||
            'any device'}
        </span>
      ),
    },
    { key: 'newest', head: 'Newest use', cell: (row) => <Newest token={row} /> },
    { key: 'ends', head: 'Ends', cell: (row) => <RelativeTime at={row.expiresAt} /> },
    { key: 'by', head: 'Made by', cell: (row) => <span className="soft">{row.createdBy}</span> },
    revokeColumn<EnrollmentToken>({
      nameOf: ({ name }) => name,
      mayEnd: (row) => wayInState(row, row.uses, row.maxUses, now) === 'open',
      onRevoke: setEnding,
    }),
  ];
  return (
    <Panel
      title="Tokens"
      aside="newest first; secrets are shown once, when they are made"
      actions={
        <>
          <MayButton
            permission="enrollment:write"
            variant="default"
            leftSection={<IconListNumbers size={14} />}
            onClick={() => setDialog('many')}
          >
            Many tokens
          </MayButton>
          <MayButton
            permission="enrollment:write"
            leftSection={<IconPlus size={14} />}
            onClick={() => setDialog('one')}
          >
            Enrol a device
          </MayButton>
        </>
      }
      bare
    >
      <PagedList
        query={tokens}
        empty={
          <EmptyState title="No tokens yet">
            Make one and copy its command to the device: it makes its own key and comes online in under two minutes. For
            many devices paste their serial numbers.
          </EmptyState>
        }
      >
        {(rows) => <DataTable caption="Tokens" rows={rows} rowKey={(row) => row.id} columns={columns} />}
      </PagedList>
      {dialog === 'one' ? <EnrolDialog onClose={close} /> : null}
      {may && (dialog === 'many' || hash === 'bulk') ? <BulkTokensDialog onClose={close} /> : null}
      {ending ? (
        <ConfirmAction
          opened
          onClose={() => setEnding(null)}
          title={`Revoke ${ending.name}?`}
          verb="Revoke"
          danger
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate({ params: { tokenId: ending.id } })}
        >
          <p>No further device enrols with it. Devices that did stay as they are.</p>
        </ConfirmAction>
      ) : null}
    </Panel>
  );
}
