import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import classes from './confirm-action.module.css';
import { ProblemNotice } from './problem-notice.js';

interface ConfirmActionProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What will happen, with live numbers. */
  readonly children: ReactNode;
  readonly verb: string;
  readonly danger?: boolean;
  /** A reason is asked for, and needed when `required`. */
  readonly reason?: 'optional' | 'required';
  /** Text the person must type before the button works. */
  readonly type?: string | undefined;
  /** Something inside still has to be filled in. */
  readonly blocked?: boolean;
  readonly busy?: boolean;
  readonly error?: unknown;
  readonly onConfirm: (reason: string) => void;
}

/** A dialog for the dangerous direction: says what happens, asks why, and says what went wrong without closing. */
export function ConfirmAction(props: ConfirmActionProps) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const blocked =
    props.blocked === true ||
    (props.reason === 'required' && reason.trim() === '') ||
    (props.type !== undefined && typed !== props.type);
  return (
    <Modal opened={props.opened} onClose={props.onClose} title={props.title}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!blocked) props.onConfirm(reason.trim());
        }}
      >
        <div className={classes.text}>{props.children}</div>
        {props.reason ? (
          <Textarea
            label={props.reason === 'required' ? 'Reason' : 'Reason (optional)'}
            description="Goes into the audit trail"
            autosize
            minRows={2}
            maxLength={500}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        ) : null}
        {props.type === undefined ? null : (
          <TextInput
            label={
              <>
                Type <code>{props.type}</code> to go on
              </>
            }
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        {props.error ? <ProblemNotice error={props.error} /> : null}
        <div className={classes.buttons}>
          <Button variant="default" onClick={props.onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={blocked} loading={props.busy} {...(props.danger ? { color: 'red.8' } : {})}>
            {props.verb}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
