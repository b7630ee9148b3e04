import type { CommandReport } from '@muster/contracts/mqtt/uplink';
import { commandReportEvents, command as machine } from '@muster/domain/commands/command.machine';
import { findDocumentFault } from '@muster/domain/devices/check-document';
import { done, type Result, refused } from '@muster/domain/result';
import { type CommandRow, type CommandStep, commandStore } from '@muster/persistence/commands/command.store';
import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { DeviceReasons } from '../gateway/device-reasons.js';
import { tellStep } from './tell-step.js';

type Report = Pick<
  CommandReport,
  'commandId' | 'commandSeq' | 'state' | 'reasonCode' | 'reasonDetail' | 'progress' | 'result'
>;
type ReportRefusal = 'command_unknown' | 'payload_invalid' | 'transition_refused';

/** What devices say about their commands. The device's word is final; the server's timeout was only a guess. */
@Injectable()
export class CommandReports {
  constructor(
    private readonly database: Database,
    private readonly reasons: DeviceReasons,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Told twice is told once; a result for a command that ended otherwise is refused. */
  async apply(tenantId: string, deviceId: string, report: Report): Promise<Result<void, ReportRefusal>> {
    const fault = findDocumentFault({ result: report.result ?? null });
    if (fault !== null) return refused('payload_invalid', `${fault.pointer} ${fault.message}`);
    const outcome = await this.#commit(tenantId, deviceId, report);
    if (outcome.ok && outcome.value) this.reasons.note('command', report.state, report.reasonCode);
    return outcome.ok ? done(undefined) : outcome;
  }

  /** Whether the report moved the command. */
  #commit(tenantId: string, deviceId: string, report: Report): Promise<Result<boolean, ReportRefusal>> {
    return this.database.tenant(tenantId, async (tx) => {
      const row = await commandStore.lock(tx, report.commandId);
      if (row === null || row.deviceId !== deviceId || !namesIt(report, row))
        return refused('command_unknown', `this device has no command ${report.commandId} with that number`);
      const step = machine.next(row.state, commandReportEvents[report.state]);
      if (step.kind === 'refused')
        return isEcho(row, report)
          ? done(false)
          : refused('transition_refused', `the command is ${row.state} and cannot become ${report.state}`);
      const now = this.clock.now();
      const after = await commandStore.step(tx, row.id, stepOf(row, step.state, report, now), now);
      if (after.state !== row.state || report.progress !== undefined) await tellStep(tx, after, now);
      return done(after.state !== row.state);
    });
  }
}

/** A device that could not verify an order does not know its number and says 0. */
const namesIt = ({ commandSeq }: Report, { seq }: CommandRow): boolean => commandSeq === 0 || commandSeq === seq;

/** The same end again, or an acknowledgement that was overtaken by the end. */
const isEcho = (row: CommandRow, report: Report): boolean =>
  report.state === row.state || (report.state === 'acknowledged' && machine.isFinal(row.state));

const stepOf = (row: CommandRow, state: CommandStep['state'], report: Report, now: Date): CommandStep => ({
  state,
  reasonCode: report.reasonCode ?? null,
  reasonDetail: report.reasonDetail ?? null,
  finishedAt: machine.isFinal(state) ? now : null,
  ...(row.acknowledgedAt === null && report.state !== 'expired' && { acknowledgedAt: now }),
  ...(report.progress !== undefined && { progress: report.progress }),
  ...(report.result !== undefined && { result: report.result }),
});
