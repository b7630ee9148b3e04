import type { CommandState } from '@muster/contracts/commands/commands.schema';
import type { Tx } from '../transaction.js';

export interface CommandRow {
  readonly id: string;
  readonly deviceId: string;
  readonly name: string;
  readonly args: Record<string, unknown>;
  readonly state: CommandState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly since: Date;
  readonly seq: number;
  readonly timeoutS: number;
  readonly expiresAt: Date;
  readonly sentAt: Date | null;
  readonly acknowledgedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly result: unknown;
  readonly progress: number | null;
  readonly executionId: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly version: number;
}

export interface NewCommandRow {
  readonly id: string;
  readonly deviceId: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly timeoutS: number;
  readonly expiresAt: Date;
  readonly executionId: string | null;
  readonly createdBy: string;
}

/** What a step changes beside the state; what is left out stays. */
export interface CommandStep {
  readonly state: CommandState;
  readonly reasonCode?: string | null;
  readonly reasonDetail?: string | null;
  readonly sentAt?: Date;
  readonly acknowledgedAt?: Date;
  readonly finishedAt?: Date | null;
  readonly progress?: number;
  readonly result?: unknown;
}

/** A command with whether its device is connected now: the facts of the next attempt. */
export type AttemptRow = CommandRow & { readonly connected: boolean; readonly sessionSince: Date | null };

const columns = `m.id, m.device_id as "deviceId", m.name, m.args, m.state, m.reason_code as "reasonCode",
  m.reason_detail as "reasonDetail", m.since, m.seq, m.timeout_s as "timeoutS", m.expires_at as "expiresAt",
  m.sent_at as "sentAt", m.acknowledged_at as "acknowledgedAt", m.finished_at as "finishedAt", m.result, m.progress,
  m.execution_id as "executionId", m.created_by as "createdBy", m.created_at as "createdAt", m.version`;

const columnOf: Record<keyof CommandStep, string> = {
  state: 'state',
  reasonCode: 'reason_code',
  reasonDetail: 'reason_detail',
  sentAt: 'sent_at',
  acknowledgedAt: 'acknowledged_at',
  finishedAt: 'finished_at',
  progress: 'progress',
  result: 'result',
};

/** Commands. Everything but `listDue` runs in a tenant transaction. */
export const commandStore = {
  /**
   * Takes the device's next number under its row lock and writes the command, both before anything is published: a number
   * is never given twice, whatever crashes. Null when there is no such device.
   */
  async insert(tx: Tx, command: NewCommandRow, now: Date): Promise<CommandRow | null> {
    const seq = await commandStore.takeSeq(tx, command.deviceId);
    if (seq === null) return null;
    const [row] = await tx.query<CommandRow>(
      `insert into commands as m (tenant_id, id, device_id, name, args, seq, timeout_s, expires_at, execution_id, created_by,
         since, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) returning ${columns}`,
      [
        tx.tenantId,
        command.id,
        command.deviceId,
        command.name,
        JSON.stringify(command.args),
        seq,
        command.timeoutS,
        command.expiresAt,
        command.executionId,
        command.createdBy,
        now,
      ],
    );
    return row!;
  },

  /** The device's next command number; an order to cancel takes one too. */
  async takeSeq(tx: Tx, deviceId: string): Promise<number | null> {
    const [row] = await tx.query<{ seq: number }>(
      'update devices set next_command_seq = next_command_seq + 1 where id = $1 returning next_command_seq - 1 as seq',
      [deviceId],
    );
    return row?.seq ?? null;
  },

  async find(tx: Tx, id: string): Promise<CommandRow | null> {
    const [row] = await tx.query<CommandRow>(`select ${columns} from commands m where m.id = $1`, [id]);
    return row ?? null;
  },

  async lock(tx: Tx, id: string): Promise<CommandRow | null> {
    const [row] = await tx.query<CommandRow>(`select ${columns} from commands m where m.id = $1 for update`, [id]);
    return row ?? null;
  },

  /** Newest first, before the command `beforeId`. */
  list(
    tx: Tx,
    deviceId: string,
    state: CommandState | undefined,
    beforeId: string | null,
    limit: number,
  ): Promise<CommandRow[]> {
    return tx.query<CommandRow>(
      `select ${columns} from commands m
       where m.device_id = $1 and ($2::text is null or m.state = $2) and ($3::uuid is null or m.id < $3)
       order by m.id desc limit $4`,
      [deviceId, state ?? null, beforeId, limit],
    );
  },

  /** A device's unfinished commands in the order of their numbers, locked: they are published in this order or not at all. */
  lockOpen(tx: Tx, deviceId: string): Promise<AttemptRow[]> {
    return tx.query<AttemptRow>(
      `select ${columns}, s.connected, s.session_since as "sessionSince" from commands m
       join device_state s on s.tenant_id = m.tenant_id and s.device_id = m.device_id
       where m.device_id = $1 and m.state in ('queued', 'sent', 'acknowledged', 'cancelling')
       order by m.seq for update of m`,
      [deviceId],
    );
  },

  /** One step; the caller holds the lock and has asked the machine. */
  async step(tx: Tx, id: string, step: CommandStep, now: Date): Promise<CommandRow> {
    const params: unknown[] = [id, now];
    const sets = Object.entries(step)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => {
        const bound = key === 'result' || key === 'progress' ? JSON.stringify(value) : value;
        return `${columnOf[key as keyof CommandStep]} = $${params.push(bound)}`;
      });
    const [row] = await tx.query<CommandRow>(
      `update commands m set ${sets.join(', ')}, version = m.version + 1,
         since = case when m.state = $${params.push(step.state)} then m.since else $2 end
       where m.id = $1 returning ${columns}`,
      params,
    );
    return row!;
  },

  /** Withdraws commands of these executions that were never sent; returns them. */
  async withdrawUnsent(tx: Tx, executionIds: readonly string[], code: string, now: Date): Promise<CommandRow[]> {
    return tx.query<CommandRow>(
      `update commands m set state = 'cancelled', reason_code = $2, since = $3, finished_at = $3, version = m.version + 1
       where m.execution_id = any($1::uuid[]) and m.state = 'queued' returning ${columns}`,
      [executionIds, code, now],
    );
  },

  /** Devices with a command that time has something to say about, over all tenants. Needs a system transaction. */
  listDue(tx: Tx, now: Date, limit: number): Promise<{ tenantId: string; deviceId: string }[]> {
    return tx.query(
      `select distinct tenant_id as "tenantId", device_id as "deviceId" from (
         select tenant_id, device_id from commands where state in ('queued', 'sent') and expires_at <= $1
         union all
         select m.tenant_id, m.device_id from commands m join device_state s on s.device_id = m.device_id
           join tenants t on t.id = m.tenant_id and t.kill_switch_at is null
           where m.state in ('queued', 'sent') and s.connected and coalesce(m.sent_at, m.created_at) <= $1::timestamptz - interval '15 seconds'
         union all
         select tenant_id, device_id from commands where state in ('acknowledged', 'cancelling')
           and coalesce(acknowledged_at, since) + timeout_s * interval '1 second' <= $1) due
       limit $2`,
      [now, limit],
    );
  },

  /** SHA-256 of the certificate the device uses, which binds a signed command to it; null when it has none. */
  async certificateOf(tx: Tx, deviceId: string): Promise<string | null> {
    const [row] = await tx.query<{ fingerprint: string }>(
      `select fingerprint from certificates where device_id = $1 and state in ('active', 'issued') and fingerprint is not null
       order by state, activated_at desc nulls last, created_at desc limit 1`,
      [deviceId],
    );
    return row?.fingerprint ?? null;
  },
};
