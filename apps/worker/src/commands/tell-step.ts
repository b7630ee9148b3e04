import { type CommandState, commandCatalogue } from '@muster/contracts/commands/commands.schema';
import { type CommandRow } from '@muster/persistence/commands/command.store';
import type { Tx } from '@muster/persistence/database';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';

const words: Partial<Record<CommandState, string>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  rejected: 'was rejected by the device',
  timed_out: 'timed out',
  expired: 'expired and will not run',
  cancelled: 'was cancelled',
  unknown: 'was interrupted; its outcome cannot be known',
};

/** Letter for the live stream, and a line in the timeline where the command came to an end. */
export async function tellStep(tx: Tx, row: CommandRow, now: Date): Promise<void> {
  const { id: commandId, deviceId, state, name } = row;
  const payload = { commandId, deviceId, state };
  await outbox.drop(tx, { tenantId: tx.tenantId!, type: 'command.changed', key: deviceId, payload });
  const word = words[state];
  if (word === undefined) return;
  const title = name in commandCatalogue ? commandCatalogue[name as keyof typeof commandCatalogue].title : name;
  const because = row.reasonDetail ?? row.reasonCode;
  const summary = because === null ? `${title} ${word}` : `${title} ${word}: ${because}`;
  await deviceEventStore.append(tx, [{ deviceId, kind: 'command', summary, facts: { commandId, state } }], now);
}
