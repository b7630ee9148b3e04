import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { AuditEntry } from '@muster/contracts/audit/audit.schema';
import { IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { Answer } from '../../ui/answer.js';
import { EmptyState } from '../../ui/empty-state.js';
import { fullInstant, many, moment } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { PageHeader } from '../../ui/page-header.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { ActorName, ResourceLink } from '../../ui/resource-link.js';
import classes from './audit.module.css';
import { auditPagesQuery, verificationQuery } from './audit.queries.js';

const route = getRouteApi('/inside/audit');

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const [open, setOpen] = useState(false);
  return (
    <li className={classes.entry}>
      <time dateTime={entry.at} title={fullInstant(entry.at)} className="num quiet">
        {moment(entry.at)}
      </time>
      <ActorName actor={entry.actor} />
      <span>
        <b>{entry.action}</b> <ResourceLink resource={entry.resource} />
        {entry.reason ? <span className="soft"> “{entry.reason}”</span> : null}
      </span>
      <Button variant="subtle" color="gray" size="compact-xs" aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? 'Close' : `#${entry.seq}`}
      </Button>
      {open ? (
        <div className={classes.detail}>
          <pre>
            <code>{JSON.stringify(entry.before, null, 2) ?? 'null'}</code>
          </pre>
          <pre>
            <code>{JSON.stringify(entry.after, null, 2) ?? 'null'}</code>
          </pre>
          <p className="quiet">
            hash <code>{entry.hash}</code>
            <br />
            previous <code>{entry.prevHash}</code>
            {entry.requestId ? (
              <>
                <br />
                request <code>{entry.requestId}</code>
              </>
            ) : null}
          </p>
        </div>
      ) : null}
    </li>
  );
}

function Verification() {
  const check = useQuery(verificationQuery);
  return (
    <>
      {check.data ? (
        <span role="status" className={check.data.intact ? classes.intact : classes.broken}>
          {check.data.intact
            ? `Chain intact: ${many(check.data.entries, 'entry', 'entries')}`
            : `Chain broken at entry ${check.data.firstBad}`}
        </span>
      ) : null}
      {check.isError ? <ProblemNotice error={check.error} /> : null}
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={14} />}
        loading={check.isFetching}
        onClick={() => void check.refetch()}
      >
        Verify the chain
      </Button>
    </>
  );
}

/** Who did what, newest first, as a chain of hashes anybody can recompute. */
export function AuditPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const entries = useInfiniteQuery(auditPagesQuery(search));
  const ask = useDebouncedCallback(
    (change: { action?: string | undefined; resource?: string | undefined }) =>
      void navigate({ search: (was) => ({ ...was, ...change }), replace: true }),
    300,
  );
  return (
    <>
      <PageHeader
        title="Audit"
        sub="Every change, who made it and why. Each entry carries the hash of the one before."
        actions={<Verification />}
      />
      <div className={layout.stack}>
        <div className={layout.filters}>
          <TextInput
            className={layout.grow}
            aria-label="Action"
            placeholder="Action, such as campaign.pause   /"
            data-page-filter
            defaultValue={search.action}
            onChange={(event) => ask({ action: event.currentTarget.value || undefined })}
          />
          <TextInput
            aria-label="Resource"
            placeholder="Resource, such as campaign/…"
            w={280}
            defaultValue={search.resource}
            onChange={(event) => ask({ resource: event.currentTarget.value || undefined })}
          />
        </div>
        <Panel bare>
          <Answer query={entries} lines={10}>
            {({ pages }) => {
              const items = pages.flatMap((page) => page.items);
              return items.length === 0 ? (
                <EmptyState title="No entry matches" />
              ) : (
                <ol>
                  {items.map((entry) => (
                    <Entry key={entry.seq} entry={entry} />
                  ))}
                </ol>
              );
            }}
          </Answer>
          {entries.hasNextPage ? (
            <Button
              variant="subtle"
              color="gray"
              fullWidth
              loading={entries.isFetchingNextPage}
              onClick={() => void entries.fetchNextPage()}
            >
              Older
            </Button>
          ) : null}
        </Panel>
      </div>
    </>
  );
}
