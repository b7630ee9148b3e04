import { Button } from '@mantine/core';
import type { Exclusion } from '@muster/contracts/campaigns/plans.schema';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { z } from 'zod';
import { Answer } from '../../ui/answer.js';
import { type Column, DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { exclusionsQuery } from './campaigns.queries.js';
import { exclusionWords } from './exclusion-words.js';

type Row = z.infer<typeof Exclusion>;

const columns: readonly Column<Row>[] = [
  {
    key: 'device',
    head: 'Device',
    cell: (row) => (
      <Link to="/devices/$deviceId" params={{ deviceId: row.deviceId }} className="link">
        {row.deviceName}
      </Link>
    ),
  },
  { key: 'reason', head: 'Left out because', cell: (row) => words(exclusionWords(row.reasonCode)) },
  { key: 'detail', head: 'Detail', cell: (row) => <span className="soft">{row.reasonDetail}</span> },
];

const byReason = (rows: readonly Row[]): [code: string, n: number][] => {
  const counts = new Map<string, number>();
  for (const { reasonCode } of rows) counts.set(reasonCode, (counts.get(reasonCode) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
};

function Reasons({ rows, total }: { readonly rows: readonly Row[]; readonly total: number | null }) {
  const [only, setOnly] = useState<string | null>(null);
  const shown = only === null ? rows : rows.filter(({ reasonCode }) => reasonCode === only);
  return (
    <>
      <fieldset className={layout.chips}>
        <legend className="visually-hidden">By reason</legend>
        {byReason(rows).map(([code, n]) => (
          <Button
            key={code}
            variant={only === code ? 'filled' : 'default'}
            size="compact-xs"
            aria-pressed={only === code}
            onClick={() => setOnly(only === code ? null : code)}
          >
            {count(n)} {exclusionWords(code)}
          </Button>
        ))}
        {total !== null && total > rows.length ? (
          <span className="quiet">
            the first {count(rows.length)} of {count(total)}
          </span>
        ) : null}
      </fieldset>
      <DataTable
        caption="Excluded devices"
        columns={columns}
        rows={shown}
        rowKey={(row) => row.deviceId}
        total={only === null ? total : shown.length}
        virtual
      />
    </>
  );
}

/** Devices the selector matched and the campaign leaves out, each with its reason. */
export function ExclusionsPanel({ campaignId }: { readonly campaignId: string }) {
  const exclusions = useQuery(exclusionsQuery(campaignId));
  return (
    <Panel title="Exclusions" aside="matched by the selector, not targeted" bare>
      <Answer query={exclusions}>
        {({ items, totalSize }) =>
          items.length === 0 ? (
            <EmptyState title="Nobody was left out">Every device the selector matched is a target.</EmptyState>
          ) : (
            <Reasons rows={items} total={totalSize} />
          )
        }
      </Answer>
    </Panel>
  );
}
