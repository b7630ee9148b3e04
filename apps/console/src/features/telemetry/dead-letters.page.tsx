import { Button, Select, Textarea } from '@mantine/core';
import { dropDeadLetter, replayDeadLetter } from '@muster/contracts/telemetry/telemetry.routes';
import { type DeadLetter, deadLetterStates } from '@muster/contracts/telemetry/telemetry.schema';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { bytes, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import classes from './telemetry.module.css';
import { deadLettersQuery } from './telemetry.queries.js';

const route = getRouteApi('/inside/dead-letters');

function Letter({ letter }: { readonly letter: DeadLetter }) {
  const may = useMay('dead_letter:write');
  const [open, setOpen] = useState(false);
  const [body, setBody] = useState(letter.body);
  const replay = useAction(replayDeadLetter, { stale: [['dead-letters']] });
  const drop = useAction(dropDeadLetter, { stale: [['dead-letters']] });
  const params = { deadLetterId: letter.id };
  const edited = body !== letter.body;
  return (
    <li className={classes.letter}>
      <div className={classes.letterHead}>
        <StatusBadge noun="deadLetter" state={letter.state} />
        <code>{letter.reason}</code>
        <span className="soft">{letter.detail}</span>
        <span className="quiet">
          <RelativeTime at={letter.receivedAt} /> · {bytes(letter.bodyBytes)}
        </span>
        <span className={classes.letterEnd}>
          <Button variant="subtle" color="gray" size="compact-xs" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Close' : 'Look inside'}
          </Button>
        </span>
      </div>
      <span className="quiet">
        <code>{letter.topic}</code>
        {letter.deviceId ? (
          <>
            {' '}
            <Link to="/devices/$deviceId" params={{ deviceId: letter.deviceId }} className="link">
              device
            </Link>
          </>
        ) : null}
        {letter.resolvedBy ? ` · ${letter.state} by ${letter.resolvedBy}` : null}
      </span>
      {open && letter.state === 'open' && may ? (
        <>
          <Textarea
            label="Body"
            autosize
            minRows={3}
            maxRows={14}
            styles={{ input: { fontFamily: 'var(--mono)' } }}
            value={body}
            onChange={(event) => setBody(event.currentTarget.value)}
          />
          {replay.isError ? <ProblemNotice error={replay.error} /> : null}
          {drop.isError ? <ProblemNotice error={drop.error} /> : null}
          <div className={layout.buttons}>
            <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate({ params })}>
              Give up
            </Button>
            <Button loading={replay.isPending} onClick={() => replay.mutate({ params, body: edited ? { body } : {} })}>
              {edited ? 'Replay as edited' : 'Replay'}
            </Button>
          </div>
        </>
      ) : open ? (
        <pre className={classes.body}>
          <code>{letter.body}</code>
        </pre>
      ) : null}
    </li>
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
          <Select
            aria-label="State"
            allowDeselect={false}
            value={state}
            data={deadLetterStates.map((value) => ({ value, label: words(value) }))}
            onChange={(value) => void navigate({ search: { ...search, state: value as typeof state } })}
          />
          {search.reason ? (
            <Button variant="default" onClick={() => void navigate({ search: { state } })}>
              Any reason
            </Button>
          ) : null}
        </div>
        <Panel bare>
          <Answer query={letters} lines={6}>
            {({ pages }) => {
              const items = pages.flatMap((page) => page.items);
              return items.length === 0 ? (
                <EmptyState title={`No ${state} dead letters`}>
                  {state === 'open' ? 'Every message that arrived was taken.' : null}
                </EmptyState>
              ) : (
                <ul>
                  {items.map((letter) => (
                    <Letter key={letter.id} letter={letter} />
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
