import { proposeTrustChange } from '@muster/contracts/trust/trust.routes';
import type { TrustChangeInput } from '@muster/contracts/trust/trust.schema';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useAction } from '../../api/use-action.js';
import { ConfirmAction } from '../../ui/confirm-action.js';
import { changeTitle } from './change-words.js';

interface ProposeDialogProps {
  readonly change: TrustChangeInput;
  readonly onClose: () => void;
  /** What the step means. */
  readonly children: ReactNode;
  readonly blocked?: boolean;
}

/** Asks for a step that takes two people; then shows where it waits. */
export function ProposeDialog({ change, onClose, children, blocked = false }: ProposeDialogProps) {
  const navigate = useNavigate();
  const propose = useAction(proposeTrustChange, {
    stale: [['trust']],
    onDone: () => {
      onClose();
      void navigate({ to: '/trust', search: { tab: 'changes' } });
    },
  });
  return (
    <ConfirmAction
      opened
      onClose={onClose}
      title={`${changeTitle(change)}?`}
      verb="Ask for it"
      reason="optional"
      blocked={blocked}
      busy={propose.isPending}
      error={propose.error}
      onConfirm={(comment) => propose.mutate({ body: { change, ...(comment ? { comment } : {}) } })}
    >
      {children}
      <p className="quiet">Nothing happens before somebody else approves it.</p>
    </ConfirmAction>
  );
}
