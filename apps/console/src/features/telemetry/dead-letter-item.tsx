import { Button, Textarea } from '@mantine/core';
import { dropDeadLetter, replayDeadLetter } from '@muster/contracts/telemetry/telemetry.routes';
import type { DeadLetter } from '@muster/contracts/telemetry/telemetry.schema';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { bytes, count } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import { hexLines, jsonFault } from './dead-letter-body.js';
import classes from './telemetry.module.css';

const stale = [['dead-letters'], ['ingest']];

const encodings = { json: 'JSON', cbor: 'CBOR', gzip: 'gzip', zstd: 'zstd', unknown: 'not known' } as const;

/** Bytes that nobody could read, the first of them. */
function Bytes({ hex, all }: { readonly hex: string; readonly all: number }) {
  const shown = hex.length / 2;
  return (
    <figure className={classes.bytes}>
      <figcaption className="quiet">
        {shown < all ? `The first ${count(shown)} of ${count(all)} bytes` : `${bytes(all)}`}, which could not be read
      </figcaption>
      <pre className={classes.body}>
        <code>{hexLines(hex)}</code>
      </pre>
    </figure>
  );
}

/** What of a letter stands in the field: what it says, else its text, else nothing. */
const textOf = ({ decoded, bodyHex, body }: DeadLetter): string => decoded ?? (bodyHex === null ? body : '');

const advice = ({ encoding, bodyHex }: DeadLetter): string | undefined => {
  if (bodyHex !== null) return 'Replay the bytes as they are, or write the message anew as JSON.';
  if (encoding !== 'json') return `Decoded from ${encodings[encoding]}. Replayed as it came, or as JSON once edited.`;
  return undefined;
};

function Inside({ letter }: { readonly letter: DeadLetter }) {
  const may = useMay('dead_letter:write');
  const [first] = useState(() => textOf(letter));
  const [body, setBody] = useState(first);
  const replay = useAction(replayDeadLetter, { stale });
  const drop = useAction(dropDeadLetter, { stale });
  const params = { deadLetterId: letter.id };
  const edited = body !== first;
  const fault = edited ? jsonFault(body) : null;
  const unread = letter.bodyHex === null ? null : <Bytes hex={letter.bodyHex} all={letter.bodyBytes} />;
  if (letter.state !== 'open')
    return (
      unread ?? (
        <pre className={classes.body}>
          <code>{first}</code>
        </pre>
      )
    );
  return (
    <>
      {unread}
      <Textarea
        label="Body"
        description={advice(letter)}
        autosize
        minRows={unread ? 2 : 4}
        maxRows={18}
        readOnly={!may}
        styles={{ input: { fontFamily: 'var(--mono)' } }}
        value={body}
        error={fault ? `Still not JSON: ${fault}` : undefined}
        onChange={(event) => setBody(event.currentTarget.value)}
      />
      {replay.isError ? <ProblemNotice error={replay.error} /> : null}
      {drop.isError ? <ProblemNotice error={drop.error} /> : null}
      <div className={layout.buttons}>
        {may ? null : <span className="quiet">Replaying needs the permission dead_letter:write</span>}
        {edited ? (
          <Button variant="subtle" color="gray" onClick={() => setBody(first)}>
            Undo the edit
          </Button>
        ) : null}
        <Button variant="default" disabled={!may} loading={drop.isPending} onClick={() => drop.mutate({ params })}>
          Give up
        </Button>
        <Button
          disabled={!may || fault !== null}
          loading={replay.isPending}
          onClick={() => replay.mutate({ params, body: edited ? { body } : {} })}
        >
          {edited ? 'Replay as edited' : 'Replay'}
        </Button>
      </div>
    </>
  );
}

/** One message that could not be taken: why, from whom, what was in it and what became of it. */
export function DeadLetterItem({ letter }: { readonly letter: DeadLetter }) {
  const [open, setOpen] = useState(false);
  return (
    <li className={classes.letter}>
      <div className={classes.letterHead}>
        <StatusBadge noun="deadLetter" state={letter.state} />
        <code>{letter.reason}</code>
        {letter.encoding === 'json' ? null : (
          <span className={classes.encoding} title="What the body came in">
            {encodings[letter.encoding]}
          </span>
        )}
        <span className="soft">{letter.detail}</span>
        <span className="quiet">
          <RelativeTime at={letter.receivedAt} /> · {bytes(letter.bodyBytes)}
          {letter.times > 1 ? (
            <>
              {` · stands for ${count(letter.times)} like it, the last `}
              <RelativeTime at={letter.lastAt} />
            </>
          ) : null}
        </span>
        <span className={classes.letterEnd}>
          <Button variant="subtle" color="gray" size="compact-xs" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Close' : 'Look inside'}
          </Button>
        </span>
      </div>
      <span className="quiet">
        <code className={classes.topic}>{letter.topic}</code>
        {letter.deviceId ? (
          <>
            {' '}
            <Link to="/devices/$deviceId" params={{ deviceId: letter.deviceId }} className="link">
              device
            </Link>
            {' · '}
            <Link to="/dead-letters" search={{ state: letter.state, deviceId: letter.deviceId }} className="link">
              all of it
            </Link>
          </>
        ) : null}
        {letter.resolvedBy ? (
          <>
            {` · ${letter.state} by ${letter.resolvedBy} `}
            <RelativeTime at={letter.resolvedAt} />
            {letter.state === 'replayed'
              ? '; had it been refused again, it would stand among the open ones anew'
              : null}
          </>
        ) : null}
      </span>
      {open ? <Inside letter={letter} /> : null}
    </li>
  );
}
