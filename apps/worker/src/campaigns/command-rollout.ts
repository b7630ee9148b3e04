import type { ExecutionReportState } from '@muster/contracts/campaigns/executions.schema';
import { type CommandState, commandCatalogue } from '@muster/contracts/commands/commands.schema';
import { applyReport, WITHDRAWN } from '@muster/domain/campaigns/apply-report';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import type { OfferRow } from '@muster/persistence/campaigns/offer.store';
import { commandStore } from '@muster/persistence/commands/command.store';
import { Database } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';

/** What a command's end says about its execution; the engine's own clocks judge the ones nobody answers. */
const told: Partial<Record<CommandState, ExecutionReportState>> = {
  acknowledged: 'installing',
  succeeded: 'succeeded',
  failed: 'failed',
  timed_out: 'failed',
  expired: 'failed',
  unknown: 'failed',
  rejected: 'rejected',
  cancelled: 'cancelled',
};

/** A command campaign's offer is an ordinary command that remembers which execution it belongs to. */
@Injectable()
export class CommandRollout {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Sends the command once: an offer that is delivered again finds its execution accepted. */
  async send(tenantId: string, offer: OfferRow): Promise<void> {
    const now = this.clock.now();
    const { executionId, deviceId, command, deadlineAt } = offer;
    if (command === null) return;
    await this.database.tenant(tenantId, async (tx) => {
      const row = await executionStore.lock(tx, executionId, deviceId);
      if (row?.state !== 'offered') return;
      const known = commandCatalogue[command.name as keyof typeof commandCatalogue];
      const id = uuidv7();
      const expiresAt = deadlineAt ?? new Date(now.getTime() + 3_600_000);
      const order = { id, deviceId, ...command, timeoutS: known?.timeoutS ?? 60, expiresAt, executionId };
      await commandStore.insert(tx, { ...order, createdBy: `campaign ${row.campaignName}` }, now);
      const payload = { commandId: id, deviceId };
      await outbox.drop(tx, { tenantId, type: 'command.created', key: deviceId, payload });
      await executionStore.move(tx, row, { state: 'accepted', reasonCode: null, reasonDetail: null }, now);
    });
  }

  /** A command changed: so does the execution it belongs to, if it belongs to one. */
  async follow(tenantId: string, commandId: string): Promise<void> {
    const now = this.clock.now();
    await this.database.tenant(tenantId, async (tx) => {
      const command = await commandStore.find(tx, commandId);
      const state = command === null ? undefined : told[command.state];
      if (command?.executionId == null || state === undefined) return;
      const row = await executionStore.lock(tx, command.executionId, command.deviceId);
      if (row === null) return;
      const reason = {
        reasonCode: command.reasonCode ?? (state === 'failed' ? `command_${command.state}` : undefined),
        reasonDetail: command.reasonDetail ?? undefined,
      };
      const withdrawn = row.state === 'queued' && row.reasonCode === WITHDRAWN;
      const current = { state: row.state, provisional: row.provisional, wantedVersion: null, withdrawn };
      const outcome = applyReport(current, { state, ...reason });
      if (outcome.kind === 'moved') await executionStore.move(tx, row, outcome, now);
    });
  }
}
