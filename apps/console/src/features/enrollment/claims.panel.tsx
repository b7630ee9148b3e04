import { revokeClaimBatch } from '@muster/contracts/enrollment/claims.routes';
import type { ClaimBatch } from '@muster/contracts/enrollment/claims.schema';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, many } from '../../ui/format.js';
import { useNow } from '../../ui/now.js';
import { PagedList } from '../../ui/paged-list.js';
import { Panel } from '../../ui/panel.js';
import { PartitionBar } from '../../ui/partition-bar.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MayButton } from '../access/may-button.js';
import { useMay } from '../access/session.queries.js';
import { ClaimDialog } from './claim-dialog.js';
import { ClaimSerialsDialog } from './claim-serials-dialog.js';
import classes from './enrollment.module.css';
import { claimsQuery } from './enrollment.queries.js';
import { revokeColumn } from './revoke-column.js';
import { wayInState } from './way-in-state.js';

const route = getRouteApi('/inside/enrolment');

function State({ batch }: { readonly batch: ClaimBatch }) {
  return <StatusBadge noun="wayIn" state={wayInState(batch, batch.enrolled, batch.quota, useNow())} />;
}

function Quota({ batch }: { readonly batch: ClaimBatch }) {
  const { enrolled, quota, pending } = batch;
  const free = Math.max(0, quota - enrolled - pending);
  return (
    <div className={classes.quota}>
      <span className="num">
        {count(enrolled)} of {count(quota)}
        <span className="quiet">
          {pending > 0 ? ` · ${count(pending)} waiting` : ''}
          {batch.enrolledLastHour > 0
            ? ` · ${count(batch.enrolledLastHour)}${batch.hourlyQuota === null ? '' : ` of ${count(batch.hourlyQuota)}`} this hour`
            : ''}
        </span>
      </span>
      <PartitionBar
        slim
        unit="devices"
        total={Math.max(quota, enrolled + pending)}
        parts={[
          { key: 'enrolled', label: 'Enrolled', count: enrolled, tone: 'good' },
          { key: 'pending', label: 'Waiting', count: pending, tone: 'warn' },
          { key: 'free', label: 'Free', count: free, tone: 'idle' },
        ]}
      />
    </div>
  );
}

/** Claim batches: one certificate built into many devices, which may enrol and nothing else. */
export function ClaimsPanel() {
  const hash = useRouterState({ select: (state) => state.location.hash });
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const batches = useInfiniteQuery(claimsQuery);
  const may = useMay('enrollment:write');
  const [making, setMaking] = useState(false);
  const [serialsOf, setSerialsOf] = useState<ClaimBatch | null>(null);
  const [ending, setEnding] = useState<ClaimBatch | null>(null);
  const revoke = useAction(revokeClaimBatch, { stale: [['claims']], onDone: () => setEnding(null) });
  const close = () => {
    setMaking(false);
    if (hash) void navigate({ search, hash: '', replace: true });
  };
  const columns: readonly Column<ClaimBatch>[] = [
    { key: 'name', head: 'Batch', cell: (row) => <b title={`certificate ${row.serial}`}>{row.name}</b> },
    { key: 'state', head: 'State', cell: (row) => <State batch={row} /> },
    { key: 'quota', head: 'Enrolled', cell: (row) => <Quota batch={row} /> },
    {
      key: 'serials',
      head: 'Serial numbers',
      cell: (row) => (
        <button type="button" className={classes.plainLink} onClick={() => setSerialsOf(row)}>
          {row.listedSerials > 0 ? `${count(row.listedSerials)} listed` : 'none listed'}
          <span className="quiet">, others {row.unlisted === 'queue' ? 'wait' : 'are refused'}</span>
        </button>
      ),
    },
    {
      key: 'for',
      head: 'For',
      cell: (row) => <span className="soft">{[row.model, row.site].filter(Boolean).join(' · ') || 'any model'}</span>,
    },
    { key: 'ends', head: 'Ends', cell: (row) => <RelativeTime at={row.expiresAt} /> },
    revokeColumn<ClaimBatch>({
      nameOf: ({ name }) => name,
      mayEnd: ({ revokedAt }) => revokedAt === null,
      onRevoke: setEnding,
    }),
  ];
  return (
    <Panel
      title="Claim batches"
      aside="newest first"
      actions={
        <MayButton permission="enrollment:write" leftSection={<IconPlus size={14} />} onClick={() => setMaking(true)}>
          New batch
        </MayButton>
      }
      bare
    >
      <PagedList
        query={batches}
        empty={
          <EmptyState title="No claim batches yet">
            A batch is one certificate that your factory builds into many devices. With it each may ask for a
            certificate of its own, as many as the quota says; devices that are not on its list wait for you.
          </EmptyState>
        }
      >
        {(rows) => <DataTable caption="Claim batches" rows={rows} rowKey={(row) => row.id} columns={columns} />}
      </PagedList>
      {may && (making || hash === 'new') ? <ClaimDialog onClose={close} /> : null}
      {serialsOf ? <ClaimSerialsDialog batch={serialsOf} onClose={() => setSerialsOf(null)} /> : null}
      {ending ? (
        <ConfirmAction
          opened
          onClose={() => setEnding(null)}
          title={`Revoke ${ending.name}?`}
          verb="Revoke"
          danger
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate({ params: { batchId: ending.id } })}
        >
          <p>
            No further device enrols with its certificate. The <strong>{many(ending.enrolled, 'device')}</strong> that
            did keep their own certificates.
          </p>
        </ConfirmAction>
      ) : null}
    </Panel>
  );
}
