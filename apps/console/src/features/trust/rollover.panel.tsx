import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EmptyState } from '../../ui/empty-state.js';
import { layout } from '../../ui/layout.js';
import { PagedList } from '../../ui/paged-list.js';
import { Panel } from '../../ui/panel.js';
import { MayButton } from '../access/may-button.js';
import { ProposeDialog } from './propose-dialog.js';
import { RolloverItem } from './rollover-item.js';
import { rolloversQuery } from './trust.queries.js';

const starts = {
  device:
    'A new device authority is made under the root. Until you go on, nothing is issued by it and nothing changes.',
  root: 'A new root is made, with certificates that tie it to the old one. Until you go on, no device is told of it.',
} as const;

/** Rollovers of authorities, the one under way first: where it stands, what it waits for and what can be asked next. */
export function RolloverPanel() {
  const rollovers = useInfiniteQuery(rolloversQuery);
  const [starting, setStarting] = useState<'root' | 'device' | null>(null);
  const open = rollovers.data?.pages.flatMap(({ items }) => items).filter(({ state }) => state === 'open') ?? [];
  const begin = (authority: 'root' | 'device', label: string, variant: 'filled' | 'default') => (
    <MayButton
      permission="trust:write"
      variant={variant}
      whyNot={open.some(({ kind }) => kind === authority) ? 'One is under way' : undefined}
      onClick={() => setStarting(authority)}
    >
      {label}
    </MayButton>
  );
  return (
    <div className={layout.stack}>
      <Panel
        title="Rollovers"
        aside="newest first"
        actions={
          <>
            {begin('root', 'New root…', 'default')}
            {begin('device', 'New device authority…', 'filled')}
          </>
        }
        bare
      >
        <PagedList
          query={rollovers}
          empty={
            <EmptyState title="No authority was replaced yet">
              A new generation is made, told to every device, and issues only once enough of them have acknowledged it;
              the old one is retired when nothing hangs from it. Every step before that can be taken back.
            </EmptyState>
          }
        >
          {(rows) => (
            <ul>
              {rows.map((rollover) => (
                <RolloverItem key={rollover.id} rollover={rollover} />
              ))}
            </ul>
          )}
        </PagedList>
      </Panel>
      {starting ? (
        <ProposeDialog change={{ kind: 'start_rollover', authority: starting }} onClose={() => setStarting(null)}>
          <p>{starts[starting]}</p>
        </ProposeDialog>
      ) : null}
    </div>
  );
}
