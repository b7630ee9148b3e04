import { Button, Checkbox } from '@mantine/core';
import { deleteFreeze } from '@muster/contracts/campaigns/brakes.routes';
import type { Freeze } from '@muster/contracts/campaigns/brakes.schema';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useRouterState } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { moment } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { useNow } from '../../ui/now.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import { freezesQuery } from './brakes.queries.js';
import { MonthStrip } from './month-strip.js';
import { NewFreezeDialog } from './new-freeze-dialog.js';

const route = getRouteApi('/inside/freezes');

function When({ freeze }: { readonly freeze: Freeze }) {
  const now = useNow();
  const state = Date.parse(freeze.endsAt) <= now ? 'over' : Date.parse(freeze.startsAt) <= now ? 'on' : 'to_come';
  return <StatusBadge noun="freeze" state={state} />;
}

const two = (n: number) => String(n).padStart(2, '0');

/** The freeze calendar: times in which campaigns offer nothing. */
export function FreezesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const hash = useRouterState({ select: (state) => state.location.hash });
  const may = useMay('campaign:operate');
  const past = search.past === 'true';
  const freezes = useQuery(freezesQuery(past));
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<Freeze | null>(null);
  const remove = useAction(deleteFreeze, { stale: [['brakes', 'freezes']], onDone: () => setEnding(null) });
  const today = new Date();
  const [year, month] = search.month?.split('-').map(Number) ?? [today.getFullYear(), today.getMonth() + 1];
  const close = () => {
    setMaking(false);
    if (hash) void navigate({ search, hash: '', replace: true });
  };
  const columns: readonly Column<Freeze>[] = [
    { key: 'name', head: 'Freeze', cell: (row) => <b>{row.name}</b> },
    { key: 'state', head: 'Now', cell: (row) => <When freeze={row} /> },
    { key: 'from', head: 'From', cell: (row) => <span className="num">{moment(row.startsAt)}</span> },
    { key: 'to', head: 'To', cell: (row) => <span className="num">{moment(row.endsAt)}</span> },
    {
      key: 'where',
      head: 'Where',
      cell: (row) => (row.sites === null ? 'everywhere' : row.sites.join(', ')),
    },
    { key: 'by', head: 'By', cell: (row) => <span className="soft">{row.createdBy}</span> },
    {
      key: 'end',
      head: '',
      align: 'right',
      cell: (row) => (
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          disabled={!may}
          title={may ? undefined : 'Needs the permission campaign:operate'}
          aria-label={`Remove ${row.name}`}
          onClick={() => setEnding(row)}
        >
          Remove…
        </Button>
      ),
    },
  ];
  return (
    <>
      <PageHeader
        title="Freezes"
        sub="Times in which campaigns offer nothing, everywhere or at some sites. A rollback is never held back."
        actions={
          <Button
            leftSection={<IconPlus size={14} />}
            disabled={!may}
            title={may ? undefined : 'Needs the permission campaign:operate'}
            onClick={() => setMaking(true)}
          >
            New freeze
          </Button>
        }
      />
      <div className={layout.stack}>
        <Answer query={freezes} lines={6}>
          {({ items }) => (
            <>
              <Panel bare>
                <MonthStrip
                  month={new Date(year!, month! - 1, 1)}
                  freezes={items}
                  onMonth={(next) =>
                    void navigate({
                      search: { ...search, month: `${next.getFullYear()}-${two(next.getMonth() + 1)}` },
                      replace: true,
                    })
                  }
                />
              </Panel>
              <Panel
                title="Freezes"
                aside="the next to end first"
                actions={
                  <Checkbox
                    label="Past ones too"
                    checked={past}
                    onChange={(event) =>
                      void navigate({
                        search: { ...search, past: event.currentTarget.checked ? 'true' : undefined },
                        replace: true,
                      })
                    }
                  />
                }
                bare
              >
                {items.length === 0 ? (
                  <EmptyState title="No freeze is planned">
                    Plan one over the days in which nobody should have to look after an update.
                  </EmptyState>
                ) : (
                  <DataTable caption="Freezes" columns={columns} rows={items} rowKey={(row) => row.id} />
                )}
              </Panel>
            </>
          )}
        </Answer>
      </div>
      {may && (making || hash === 'new') ? <NewFreezeDialog onClose={close} /> : null}
      <ConfirmAction
        opened={ending !== null}
        onClose={() => setEnding(null)}
        title={`Remove ${ending?.name ?? ''}?`}
        verb="Remove"
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => ending && remove.mutate({ params: { freezeId: ending.id } })}
      >
        <p>Campaigns that it holds back go on at once.</p>
      </ConfirmAction>
    </>
  );
}
