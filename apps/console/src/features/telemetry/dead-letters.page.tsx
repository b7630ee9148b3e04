import { Button, SegmentedControl } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { count, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { DeadLetterItem } from './dead-letter-item.js';
import { DeadLettersBulk } from './dead-letters-bulk.js';
import { ingestQuery } from './ingest.queries.js';
import classes from './telemetry.module.css';
import { deadLettersQuery } from './telemetry.queries.js';

const route = getRouteApi('/inside/dead-letters');

const states = ['open', 'replayed', 'dropped'] as const;

/** Why open messages were not taken, each reason with its number; pressing one shows only those. */
function Reasons() {
  const search = route.useSearch();
  const reasons = useQuery({ ...ingestQuery, retry: false }).data?.deadLetters ?? [];
  const listed = search.reason && !reasons.some(({ reason }) => reason === search.reason);
  const all = listed ? [...reasons, { reason: search.reason!, count: 0 }] : reasons;
  if (all.length === 0) return null;
  return (
    <nav aria-label="Reasons" className={classes.reasons}>
      <Link to="/dead-letters" search={{ ...search, reason: undefined }} data-chosen={!search.reason || undefined}>
        Any reason
      </Link>
      {all.map(({ reason, count: messages }) => (
        <Link
          key={reason}
          to="/dead-letters"
          search={{ ...search, reason }}
          data-chosen={search.reason === reason || undefined}
        >
          <code>{reason}</code> <span className="num">{count(messages)}</span>
        </Link>
      ))}
    </nav>
  );
}

/** Messages that could not be taken: why, from whom, what was in them; to replay or give up. */
export function DeadLettersPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const state = search.state ?? 'open';
  const letters = useInfiniteQuery(deadLettersQuery({ ...search, state }));
  return (
    <>
      <PageHeader
        title="Dead letters"
        sub="Messages that could not be taken. Nothing is thrown away silently: each says why, and can be fed in again."
      />
      <div className={layout.stack}>
        <div className={layout.filters}>
          <SegmentedControl
            aria-label="State"
            value={state}
            data={states.map((value) => ({ value, label: words(value) }))}
            onChange={(value) => void navigate({ search: { ...search, state: value as typeof state } })}
          />
          <Reasons />
          {search.deviceId ? (
            <Button variant="default" onClick={() => void navigate({ search: { ...search, deviceId: undefined } })}>
              Any device
            </Button>
          ) : null}
        </div>
        {state === 'open' && (search.reason || search.deviceId) ? (
          <DeadLettersBulk
            key={`${search.reason} ${search.deviceId}`}
            reason={search.reason}
            deviceId={search.deviceId}
          />
        ) : null}
        <Panel bare>
          <Answer query={letters} lines={6}>
            {({ pages }) => {
              const items = pages.flatMap((page) => page.items);
              return items.length === 0 ? (
                <EmptyState title={`No ${state} dead letters${search.reason ? ' with this reason' : ''}`}>
                  {state === 'open' && !search.reason ? 'Every message that arrived was taken.' : null}
                </EmptyState>
              ) : (
                <ul>
                  {items.map((letter) => (
                    <DeadLetterItem key={letter.id} letter={letter} />
                  ))}
                </ul>
              );
            }}
          </Answer>
          {letters.hasNextPage ? (
            <Button variant="subtle" color="gray" fullWidth onClick={() => void letters.fetchNextPage()}>
              More
            </Button>
          ) : null}
        </Panel>
      </div>
    </>
  );
}
