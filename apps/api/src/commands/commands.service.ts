import type * as routes from '@muster/contracts/commands/commands.routes';
import { commandCatalogue, type NewCommand } from '@muster/contracts/commands/commands.schema';
import { command as machine } from '@muster/domain/commands/command.machine';
import { audit } from '@muster/persistence/audit/audit.store';
import { type CommandRow, commandStore } from '@muster/persistence/commands/command.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { brakeStore } from '@muster/persistence/tenants/brake.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { requireDevice } from '../devices/require-device.js';
import { type Call, withEtag } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toCommand } from './command.resource.js';

/** States of a device that can still be told something. */
const reachable: ReadonlySet<string> = new Set(['active', 'maintenance']);

/** Commands as people send and withdraw them; the worker delivers. */
@Injectable()
export class CommandsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  send(call: Call<typeof routes.sendCommand>) {
    const { deviceId } = call.params;
    const args = parseArgs(call.body);
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const killed = await brakeStore.engaged(tx);
      const device = await deviceStore.lock(tx, deviceId);
      if (device === null) throw Refusal.notFound('device', deviceId);
      if (killed) throw new Refusal('kill_switch_engaged');
      if (!reachable.has(device.state))
        throw new Refusal('device_tombstoned', `The device is ${device.state}.`, { state: device.state });
      const row = await commandStore.insert(
        tx,
        {
          id: uuidv7(),
          deviceId,
          name: call.body.name,
          args,
          timeoutS: call.body.timeoutS ?? commandCatalogue[call.body.name].timeoutS,
          expiresAt: new Date(now.getTime() + call.body.expiresInS * 1000),
          executionId: null,
          createdBy: call.principal.name,
        },
        now,
      );
      await outbox.drop(tx, letter(tx, 'command.created', row!));
      const summary = `${commandCatalogue[call.body.name].title} sent by ${call.principal.name}`;
      await deviceEventStore.append(tx, [{ deviceId, kind: 'command', summary, facts: { commandId: row!.id } }], now);
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: 'command.sent',
        resource: `device:${deviceId}`,
        after: { commandId: row!.id, name: row!.name, args, expiresAt: row!.expiresAt },
        requestId: call.requestId,
      });
      return withEtag(toCommand(row!), row!.version);
    });
  }

  list(call: Call<typeof routes.listDeviceCommands>) {
    const [beforeId = null] = this.paging.after(call) ?? [];
    const { pageSize, state } = call.query;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await requireDevice(tx, call.params.deviceId);
      const rows = await commandStore.list(tx, call.params.deviceId, state, beforeId as string | null, pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.id], toCommand);
    });
  }

  get(call: Call<typeof routes.getCommand>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const row = await commandStore.find(tx, call.params.commandId);
      if (row === null) throw Refusal.notFound('command', call.params.commandId);
      return withEtag(toCommand(row), row.version);
    });
  }

  /** Withdraws at once what was never sent; otherwise the device is asked, and may have been faster. */
  cancel(call: Call<typeof routes.cancelCommand>) {
    const { commandId } = call.params;
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const row = await commandStore.lock(tx, commandId);
      if (row === null) throw Refusal.notFound('command', commandId);
      const step = machine.next(row.state, 'cancel');
      if (step.kind === 'refused')
        throw new Refusal('command_not_cancellable', `The command is ${row.state}.`, { state: row.state });
      const reason = { reasonCode: 'cancelled_by_person', reasonDetail: call.principal.name };
      const finishedAt = machine.isFinal(step.state) ? now : null;
      const after = await commandStore.step(tx, commandId, { state: step.state, ...reason, finishedAt }, now);
      await outbox.drop(tx, letter(tx, 'command.changed', after));
      if (step.state === 'cancelling') await outbox.drop(tx, letter(tx, 'command.cancel_requested', after));
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: 'command.cancelled',
        resource: `device:${row.deviceId}`,
        before: { commandId, state: row.state },
        after: { commandId, state: after.state },
        requestId: call.requestId,
      });
      return withEtag(toCommand(after), after.version);
    });
  }
}

const parseArgs = ({ name, args }: NewCommand): Record<string, unknown> => {
  const parsed = commandCatalogue[name].args.safeParse(args);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({
    pointer: ['/body/args', ...issue.path].join('/'),
    message: issue.message,
  }));
  throw new Refusal('validation_failed', `These are no arguments of ${name}.`, undefined, faults);
};

const letter = (tx: Tx, type: string, { id, deviceId, state }: CommandRow) => ({
  tenantId: tx.tenantId!,
  type,
  key: deviceId,
  payload: type === 'command.changed' ? { commandId: id, deviceId, state } : { commandId: id, deviceId },
});
