import { Button } from '@mantine/core';
import type { CreatedEnrollmentToken, EnrollmentToken } from '@muster/contracts/enrollment/enrollment.schema';
import { IconCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { duration, words } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { useNow } from '../../ui/now.js';
import { RelativeTime } from '../../ui/relative-time.js';
import classes from './enrollment.module.css';
import { tokenQuery } from './enrollment.queries.js';

type Steps = EnrollmentToken['steps'];

const steps: readonly { key: keyof Steps & `${string}At`; title: string; waiting: string }[] = [
  { key: 'tokenUsedAt', title: 'Token used', waiting: 'Waiting for the command to run' },
  { key: 'certificateIssuedAt', title: 'Certificate issued', waiting: 'Checking the request and signing' },
  {
    key: 'connectedAt',
    title: 'Connected over MQTT',
    waiting: 'Waiting for the device to connect with its certificate',
  },
  { key: 'firstTelemetryAt', title: 'First telemetry', waiting: 'Waiting for the first reading' },
];

/** What to do about a refusal, for those people actually meet. */
const fixes: Readonly<Record<string, string>> = {
  token_expired: 'Make a new command; tokens are short-lived on purpose.',
  token_spent: 'The token was used already. Make a new command for every device.',
  token_invalid: 'The command was cut off when it was copied. Copy it again, whole.',
  csr_pop_failed: 'The request was changed on its way. Look for a proxy between device and control plane.',
  key_in_use: 'The device copied another device’s key. Delete its state folder and run the command again.',
};

/** The steps of the newest enrolment with this token, as they happen, each with the time it took since the command was made. */
export function EnrolStepper({
  token,
  onClose,
}: {
  readonly token: CreatedEnrollmentToken;
  readonly onClose: () => void;
}) {
  const now = useNow();
  const navigate = useNavigate();
  const { data } = useQuery(tokenQuery(token.id));
  const at = data?.steps;
  const started = Date.parse(token.createdAt);
  const current = steps.findIndex(({ key }) => !at?.[key]);
  const done = current === -1;
  return (
    <>
      <ol className={classes.steps} aria-label="Progress" aria-live="polite">
        {steps.map(({ key, title, waiting }, index) => {
          const when = at?.[key];
          const state = when ? 'done' : index === current ? 'current' : 'todo';
          return (
            <li key={key} data-state={state}>
              <span className={classes.node} aria-hidden>
                {when ? <IconCheck size={13} stroke={3} /> : index + 1}
              </span>
              <span>
                {title}
                <span className="visually-hidden">{when ? ': done' : ': waiting'}</span>
                {state === 'current' ? <span className="quiet"> · {waiting}</span> : null}
              </span>
              <span className="num quiet">
                {when
                  ? `after ${duration(Date.parse(when) - started)}`
                  : state === 'current'
                    ? duration(now - started)
                    : ''}
              </span>
            </li>
          );
        })}
      </ol>
      {at?.refusals.map((refusal) => (
        <p key={`${refusal.at} ${refusal.code}`} className={classes.refusal} role="alert">
          <b>{words(refusal.code)}</b> <RelativeTime at={refusal.at} />: {refusal.detail} {fixes[refusal.code]}
        </p>
      ))}
      <div className={layout.buttons}>
        <Button variant="default" onClick={onClose}>
          Close
        </Button>
        <Button
          disabled={!at?.deviceId}
          variant={done ? 'filled' : 'default'}
          onClick={() => at?.deviceId && void navigate({ to: '/devices/$deviceId', params: { deviceId: at.deviceId } })}
        >
          Open the device
        </Button>
      </div>
    </>
  );
}
