import type { Command, CommandName } from '@muster/contracts/commands/commands.schema';
import type { CommandRow } from '@muster/persistence/commands/command.store';

export const toCommand = (row: CommandRow): Command => ({
  id: row.id,
  deviceId: row.deviceId,
  name: row.name as CommandName,
  args: row.args,
  state: row.state,
  reasonCode: row.reasonCode,
  reasonDetail: row.reasonDetail,
  since: row.since.toISOString(),
  seq: row.seq,
  timeoutS: row.timeoutS,
  expiresAt: row.expiresAt.toISOString(),
  createdAt: row.createdAt.toISOString(),
  createdBy: row.createdBy,
  sentAt: row.sentAt?.toISOString() ?? null,
  acknowledgedAt: row.acknowledgedAt?.toISOString() ?? null,
  finishedAt: row.finishedAt?.toISOString() ?? null,
  progress: row.progress,
  result: row.result ?? null,
  version: row.version,
});
