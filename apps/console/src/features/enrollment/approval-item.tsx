import { Checkbox } from '@mantine/core';
import { approveEnrollment, rejectEnrollment } from '@muster/contracts/enrollment/approvals.routes';
import type { Approval } from '@muster/contracts/enrollment/approvals.schema';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { Copyable } from '../../ui/copyable.js';
import { keyName } from '../../ui/key-name.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { MayButton } from '../access/may-button.js';
import classes from './approvals.module.css';
import { FingerprintWords } from './fingerprint-words.js';

const why: Readonly<Record<Approval['kind'], (via: string | null) => string>> = {
  claim: (via) => `Its serial number is not on the list of the batch ${via ?? ''}`,
  manufacturer: (via) => `Every device of ${via ?? 'its manufacturer'} waits for a person`,
  operator: () => 'It has no credential and asks to be let in',
  late_renewal: () => 'Its certificate ended longer ago than the grace',
};

const stale = [['approvals'], ['devices'], ['trust', 'overview']] as const;

function Approve({ approval, onClose }: { readonly approval: Approval; readonly onClose: () => void }) {
  const [compared, setCompared] = useState(false);
  const approve = useAction(approveEnrollment, { stale, onDone: onClose });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title={`Let ${approval.name ?? approval.serial} in?`}
      verb="Let it in"
      reason="optional"
      blocked={!compared}
      busy={approve.isPending}
      error={approve.error}
      onConfirm={(reason) =>
        approve.mutate({
          params: { approvalId: approval.id },
          body: { keySha256: approval.keySha256, ...(reason ? { reason } : {}) },
        })
      }
    >
      <p>
        Compare these words with what the device shows or prints. If one of them differs, somebody else’s key asks under
        this serial number.
      </p>
      <FingerprintWords words={approval.words} />
      <Checkbox
        label="The device shows the same six words"
        checked={compared}
        onChange={(event) => setCompared(event.currentTarget.checked)}
      />
      <p className="quiet">It gets its certificate when it asks again, which it does by itself.</p>
    </ConfirmAction>
  );
}

function Reject({ approval, onClose }: { readonly approval: Approval; readonly onClose: () => void }) {
  const reject = useAction(rejectEnrollment, { stale, onDone: onClose });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title={`Turn ${approval.name ?? approval.serial} away?`}
      verb="Turn away"
      danger
      reason="required"
      busy={reject.isPending}
      error={reject.error}
      onConfirm={(reason) => reject.mutate({ params: { approvalId: approval.id }, body: { reason } })}
    >
      <p>This request is refused whenever it asks again. The device may ask anew with a new key.</p>
    </ConfirmAction>
  );
}

/** One device that waits or waited: who it says it is, by which key, and why a person is asked. */
export function ApprovalItem({ approval }: { readonly approval: Approval }) {
  const [asking, setAsking] = useState<'approve' | 'reject' | null>(null);
  const close = () => setAsking(null);
  const name = approval.name ?? approval.serial;
  return (
    <li className={classes.item} aria-label={name}>
      <div className={classes.who}>
        <p className={classes.name}>
          {approval.deviceId ? (
            <Link to="/devices/$deviceId" params={{ deviceId: approval.deviceId }} className="link">
              {name}
            </Link>
          ) : (
            name
          )}
        </p>
        <p className="soft">
          {approval.model} · serial <code>{approval.serial}</code>
        </p>
        <p className="quiet">{why[approval.kind](approval.via)}</p>
      </div>
      <div className={classes.key}>
        <FingerprintWords words={approval.words} />
        <p className={classes.fine}>
          <span>{keyName(approval.keyAlgorithm)}</span>
          <Copyable text={approval.keySha256} label="fingerprint of the key" head={16} />
          {approval.sourceAddress ? <span>from {approval.sourceAddress}</span> : null}
        </p>
      </div>
      <div className={classes.end}>
        {approval.state === 'pending' ? (
          <>
            <div className={classes.buttons}>
              <MayButton
                permission="enrollment:approve"
                variant="default"
                aria-label={`Turn ${name} away`}
                onClick={() => setAsking('reject')}
              >
                Turn away…
              </MayButton>
              <MayButton
                permission="enrollment:approve"
                aria-label={`Approve ${name}`}
                onClick={() => setAsking('approve')}
              >
                Approve…
              </MayButton>
            </div>
            <p className={classes.fine}>
              <span>
                asked <RelativeTime at={approval.lastAskedAt} />, since <RelativeTime at={approval.createdAt} />
              </span>
              <span>
                ends <RelativeTime at={approval.expiresAt} />
              </span>
            </p>
          </>
        ) : (
          <>
            <StatusBadge noun="approval" state={approval.state} />
            {approval.decidedAt ? (
              <p className={classes.fine}>
                <span>
                  by {approval.decidedBy} <RelativeTime at={approval.decidedAt} />
                </span>
                {approval.reason ? <span>{approval.reason}</span> : null}
              </p>
            ) : null}
          </>
        )}
      </div>
      {asking === 'approve' ? <Approve approval={approval} onClose={close} /> : null}
      {asking === 'reject' ? <Reject approval={approval} onClose={close} /> : null}
    </li>
  );
}
