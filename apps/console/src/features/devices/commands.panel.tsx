import { Button, NumberInput, Select, TextInput } from '@mantine/core';
import { cancelCommand, sendCommand } from '@muster/contracts/commands/commands.routes';
import {
  type Command,
  type CommandName,
  commandCatalogue,
  commandNames,
} from '@muster/contracts/commands/commands.schema';
import type { Device } from '@muster/contracts/devices/devices.schema';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAction } from '../../api/use-action.js';
import { Answer } from '../../ui/answer.js';
import { Elapsed } from '../../ui/elapsed.js';
import { EmptyState } from '../../ui/empty-state.js';
import { duration, latency } from '../../ui/format.js';
import { layout } from '../../ui/layout.js';
import { Panel } from '../../ui/panel.js';
import { ProblemNotice } from '../../ui/problem-notice.js';
import { RelativeTime } from '../../ui/relative-time.js';
import { StatusBadge } from '../../ui/status-badge.js';
import { useMay } from '../access/session.queries.js';
import classes from './devices.module.css';
import { commandsQuery } from './devices.queries.js';

const between = (from: string | null, to: string | null) =>
  from && to ? latency(Date.parse(to) - Date.parse(from)) : null;

function CommandItem({ command }: { readonly command: Command }) {
  const cancel = useAction(cancelCommand, { stale: [['device', command.deviceId, 'commands']] });
  const open = ['queued', 'sent', 'acknowledged'].includes(command.state);
  const acknowledged = between(command.sentAt, command.acknowledgedAt);
  return (
    <li className={classes.command}>
      <span>
        <b>{commandCatalogue[command.name].title}</b>
        <br />
        <span className="quiet">
          <RelativeTime at={command.createdAt} /> by {command.createdBy}
        </span>
      </span>
      <StatusBadge noun="command" state={command.state} />
      <span>
        <span className="soft">{command.reasonDetail}</span>
        <span className={classes.steps}>
          <span>
            {open ? (
              <>
                running for <Elapsed from={command.createdAt} />
              </>
            ) : (
              `took ${between(command.createdAt, command.finishedAt) ?? '—'}`
            )}
          </span>
          {command.sentAt ? <span>· sent after {between(command.createdAt, command.sentAt)}</span> : null}
          {acknowledged ? <span>· acknowledged in {acknowledged}</span> : null}
          {command.state === 'queued' ? (
            <span>
              · expires <RelativeTime at={command.expiresAt} />
            </span>
          ) : null}
        </span>
      </span>
      {open ? (
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          loading={cancel.isPending}
          onClick={() => cancel.mutate({ params: { commandId: command.id } })}
        >
          Cancel
        </Button>
      ) : (
        <span />
      )}
      {cancel.isError ? <ProblemNotice error={cancel.error} /> : null}
      {command.result === null || command.result === undefined ? null : (
        <pre className={classes.result}>
          <code>{JSON.stringify(command.result, null, 2)}</code>
        </pre>
      )}
    </li>
  );
}

function SendForm({ device }: { readonly device: Device }) {
  const may = useMay('command:send');
  const [name, setName] = useState<CommandName>('ping');
  const [payload, setPayload] = useState('');
  const [delayS, setDelayS] = useState(0);
  const [expiresInS, setExpiresInS] = useState(300);
  const send = useAction(sendCommand, { stale: [['device', device.id, 'commands']] });
  const args = name === 'ping' && payload ? { payload } : name === 'reboot' && delayS > 0 ? { delayS } : {};
  return (
    <form
      className={layout.form}
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate({ params: { deviceId: device.id }, body: { name, args, expiresInS } });
      }}
    >
      <div className={classes.send}>
        <Select
          label="Command"
          allowDeselect={false}
          value={name}
          onChange={(value) => setName(value as CommandName)}
          data={commandNames.map((key) => ({ value: key, label: commandCatalogue[key].title }))}
        />
        {name === 'ping' ? (
          <TextInput
            label="Payload (optional)"
            value={payload}
            maxLength={200}
            onChange={(event) => setPayload(event.currentTarget.value)}
          />
        ) : null}
        {name === 'reboot' ? (
          <NumberInput
            label="After"
            suffix=" s"
            min={0}
            max={3600}
            hideControls
            value={delayS}
            onChange={(value) => setDelayS(Number(value))}
          />
        ) : null}
        <NumberInput
          label="Expires after"
          suffix=" s"
          min={1}
          max={604_800}
          hideControls
          value={expiresInS}
          onChange={(value) => setExpiresInS(Number(value) || 300)}
        />
        <Button
          type="submit"
          disabled={!may}
          title={may ? undefined : 'Needs the permission command:send'}
          loading={send.isPending}
        >
          Send
        </Button>
      </div>
      <p className="quiet">
        {device.connected
          ? `The device is connected; it has ${duration(commandCatalogue[name].timeoutS * 1000)} to finish.`
          : `The device is away. The command waits for it, and after ${duration(expiresInS * 1000)} it expires and never runs.`}
        {commandCatalogue[name].idempotent
          ? ''
          : ' If the device dies half-way, the outcome is unknown: it is not run twice.'}
      </p>
      {send.isError ? <ProblemNotice error={send.error} /> : null}
    </form>
  );
}

/** Send a command, and watch it: waiting, sent, acknowledged, done. */
export function CommandsPanel({ device }: { readonly device: Device }) {
  const commands = useQuery(commandsQuery(device.id));
  return (
    <div className={layout.stack}>
      <Panel title="Send a command">
        <SendForm device={device} />
      </Panel>
      <Panel title="Commands" aside="newest first" bare>
        <Answer query={commands}>
          {({ items }) =>
            items.length === 0 ? (
              <EmptyState title="No commands yet">
                What is sent to this device appears here with its outcome.
              </EmptyState>
            ) : (
              <ul aria-live="polite">
                {items.map((command) => (
                  <CommandItem key={command.id} command={command} />
                ))}
              </ul>
            )
          }
        </Answer>
      </Panel>
    </div>
  );
}
