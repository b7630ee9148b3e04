import { approveTrustChange, denyTrustChange } from '@muster/contracts/trust/trust.routes';
import type { TrustChange } from '@muster/contracts/trust/trust.schema';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { EmptyState } from '../../ui/empty-state.js';
import { PagedList } from '../../ui/paged-list.js';
import { Panel } from '../../ui/panel.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MayButton } from '../access/may-button.js';
import { usePrincipal } from '../access/session.queries.js';
import { changeTitle, isGrave } from './change-words.js';
import classes from './trust.module.css';
import { changesQuery } from './trust.queries.js';

// An applied change moves certificates and keys, so whatever shows them is read again.
const stale = [['trust'], ['certificates'], ['device']] as const;

function Decide({ change }: { readonly change: TrustChange }) {
  const me = usePrincipal();
  const [asking, setAsking] = useState<'approve' | 'deny' | null>(null);
  const close = () => setAsking(null);
  const approve = useAction(approveTrustChange, { stale, onDone: close });
  const deny = useAction(denyTrustChange, { stale, onDone: close });
  const title = changeTitle(change.input);
  const own = me?.name === change.requestedBy;
  const params = { changeId: change.id };
  return (
    <div className={classes.decide}>
      <MayButton
        permission="trust:approve"
        variant="default"
        aria-label={`${own ? 'Take back' : 'Deny'}: ${title}`}
        onClick={() => setAsking('deny')}
      >
        {own ? 'Take back…' : 'Deny…'}
      </MayButton>
      <MayButton
        permission="trust:approve"
        whyNot={own ? 'You asked for it: somebody else must approve it' : undefined}
        aria-label={`Approve: ${title}`}
        onClick={() => setAsking('approve')}
      >
        Approve…
      </MayButton>
      {own ? <p className={classes.own}>You asked for it: somebody else must approve it.</p> : null}
      {asking === 'approve' ? (
        <ConfirmAction
          opened
          onClose={close}
          title={`${title}?`}
          verb="Approve and do it"
          danger={isGrave(change.input)}
          busy={approve.isPending}
          error={approve.error}
          onConfirm={() => approve.mutate({ params })}
        >
          <p>{change.summary}</p>
          {change.comment ? (
            <p className="soft">
              “{change.comment}”, {change.requestedBy}
            </p>
          ) : null}
          <p className="quiet">It is done with the answer.</p>
        </ConfirmAction>
      ) : null}
      {asking === 'deny' ? (
        <ConfirmAction
          opened
          onClose={close}
          title={own ? `Take back: ${title}?` : `Deny: ${title}?`}
          verb={own ? 'Take back' : 'Deny'}
          reason="required"
          busy={deny.isPending}
          error={deny.error}
          onConfirm={(reason) => deny.mutate({ params, body: { reason } })}
        >
          <p>Nothing is done. It can be asked for again.</p>
        </ConfirmAction>
      ) : null}
    </div>
  );
}

/** Steps that take two people: what each would do, who asked, and who decided. */
export function ChangesPanel() {
  const changes = useInfiniteQuery(changesQuery);
  return (
    <Panel title="Changes" aside="each takes two people; newest first" bare>
      <PagedList
        query={changes}
        empty={
          <EmptyState title="No change was asked for">
            A rollover, a new signing key or a revocation of many certificates is asked for by one person and approved
            by another. Begin on the tabs <i>Rollover</i>, <i>Signing keys</i> or <i>Authorities</i>.
          </EmptyState>
        }
      >
        {(rows) => (
          <ul>
            {rows.map((change) => (
              <li key={change.id} className={classes.change} aria-label={changeTitle(change.input)}>
                <div>
                  <h3>{changeTitle(change.input)}</h3>
                  <p className={classes.summary}>{change.summary}</p>
                  {change.comment ? <p className="soft">“{change.comment}”</p> : null}
                  {change.outcome ? <p className="soft">{change.outcome}</p> : null}
                  <p className={classes.fine}>
                    <span>
                      asked by {change.requestedBy} <RelativeTime at={change.requestedAt} />
                    </span>
                    {change.decidedAt ? (
                      <span>
                        decided by {change.decidedBy} <RelativeTime at={change.decidedAt} />
                      </span>
                    ) : null}
                    {change.state === 'proposed' ? (
                      <span>
                        ends <RelativeTime at={change.expiresAt} />
                      </span>
                    ) : null}
                  </p>
                </div>
                {change.state === 'proposed' ? (
                  <Decide change={change} />
                ) : (
                  <div className={classes.decide}>
                    <StatusBadge noun="change" state={change.state} />
                  </div>
                )}
              </li>
            ))}
          </ul>
        )}
      </PagedList>
    </Panel>
  );
}
