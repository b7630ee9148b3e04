import { ActionIcon, Tooltip } from '@mantine/core';
import type { StoredDay } from '@muster/contracts/telemetry/retention.schema';
import { IconChartBar, IconTable } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DataTable } from '../../ui/data-table.js';
import { EmptyState } from '../../ui/empty-state.js';
import { bytes, count, many, words } from '../../ui/format.js';
import { Panel } from '../../ui/panel.js';
import { IfThere } from './if-there.js';
import { storedDaysQuery } from './ingest.queries.js';
import classes from './storage.module.css';

const tiers: Readonly<Record<StoredDay['tier'], string>> = {
  hot: 'as it arrived',
  warm: 'rewritten in device order',
  restored: 'back from an archive for a while',
};

const tierNames = Object.keys(tiers) as StoredDay['tier'][];
const sizeOf = (days: readonly StoredDay[]) => days.reduce((sum, day) => sum + day.bytes, 0);

/** Days of raw messages in the database: a column each, as high as it is large. */
export function StoredDaysPanel() {
  const query = useQuery(storedDaysQuery);
  const today = new Date().toISOString().slice(0, 10);
  const all = query.data?.items ?? [];
  // Days are made in advance, and nothing is in them yet.
  const days = all.filter(({ day }) => day <= today);
  const ahead = all.length - days.length;
  const [table, setTable] = useState(false);
  const largest = Math.max(1, ...days.map((day) => day.bytes));
  const label = table ? 'Show as columns' : 'Show as table';
  return (
    <Panel
      title="Stored days"
      aside={
        query.data
          ? `${many(days.length, 'day')}, ${bytes(sizeOf(days))}${ahead > 0 ? `; ${many(ahead, 'day')} made in advance` : ''}`
          : undefined
      }
      actions={
        <Tooltip label={label}>
          <ActionIcon aria-label={label} onClick={() => setTable(!table)}>
            {table ? <IconChartBar size={16} /> : <IconTable size={16} />}
          </ActionIcon>
        </Tooltip>
      }
      bare={table}
    >
      <IfThere query={query} what="Stored days" lines={5}>
        {() =>
          days.length === 0 ? (
            <EmptyState title="Nothing stored yet">The first day appears with the first message.</EmptyState>
          ) : table ? (
            <DataTable
              caption="Stored days"
              rows={days}
              rowKey={(day) => day.day}
              columns={[
                { key: 'day', head: 'Day (UTC)', cell: (day) => <span className="num">{day.day}</span> },
                { key: 'tier', head: 'Tier', cell: (day) => `${words(day.tier)}: ${tiers[day.tier]}` },
                {
                  key: 'rows',
                  head: 'Messages',
                  align: 'right',
                  cell: (day) => (day.rows === null ? '—' : count(day.rows)),
                },
                { key: 'bytes', head: 'Size', align: 'right', cell: (day) => bytes(day.bytes) },
              ]}
            />
          ) : (
            <>
              <div style={{ maxWidth: Math.max(220, days.length * 30) }}>
                <div className={classes.days} role="img" aria-label={`Sizes of ${many(days.length, 'stored day')}`}>
                  {days.toReversed().map((day) => (
                    <span
                      key={day.day}
                      data-tier={day.tier}
                      style={{ height: `${Math.max(2, (day.bytes / largest) * 100)}%` }}
                      title={`${day.day}: ${bytes(day.bytes)}, ${day.tier}`}
                    />
                  ))}
                </div>
                <p className={classes.ends}>
                  <span className="num">{days.at(-1)!.day}</span>
                  <span className="num">{days[0]!.day}</span>
                </p>
              </div>
              <ul className={classes.tiers}>
                {tierNames
                  .map((tier) => [tier, days.filter((day) => day.tier === tier)] as const)
                  .filter(([, those]) => those.length > 0)
                  .map(([tier, those]) => (
                    <li key={tier}>
                      <i data-tier={tier} aria-hidden /> {words(tier)}, {tiers[tier]}: {many(those.length, 'day')},{' '}
                      {bytes(sizeOf(those))}
                    </li>
                  ))}
              </ul>
            </>
          )
        }
      </IfThere>
    </Panel>
  );
}
