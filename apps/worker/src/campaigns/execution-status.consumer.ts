import { applyReport, askAgainAt, WITHDRAWN } from '@muster/domain/campaigns/apply-report';
import { Intake, type UplinkRefusal } from '@muster/ingest/intake';
import type { UplinkMessage } from '@muster/ingest/uplink';
import { executionStore } from '@muster/persistence/campaigns/execution.store';
import { noteRegression } from '@muster/persistence/campaigns/note-regression';
import { Database } from '@muster/persistence/database';
import { brokenConstraint } from '@muster/persistence/failures';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import type { Uplink } from '@muster/telemetry/decode-uplink';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { DeviceReasons } from '../gateway/device-reasons.js';

/** A device is updated by one campaign at a time. */
const ONE_LIVE = 'executions_one_live';

/** What devices say about their executions. */
@Controller()
export class ExecutionStatusConsumer {
  constructor(
    private readonly intake: Intake,
    private readonly database: Database,
    private readonly reasons: DeviceReasons,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @EventPattern<string>('uplink.execution')
  take(@Payload() message: UplinkMessage): Promise<unknown> {
    return this.intake.take('execution', message, ({ uplink, device }) => this.#apply(device.tenant, message, uplink));
  }

  async #apply(tenantId: string, message: UplinkMessage, report: Uplink<'execution'>): Promise<UplinkRefusal | void> {
    // Given up here and taken there: what it says about the earlier update is heard, and changes nothing.
    const outcome = await this.#commit(tenantId, message, report).catch((error: unknown) => {
      if (brokenConstraint(error) !== ONE_LIVE) throw error;
    });
    if (outcome === 'moved') return this.reasons.note('update', report.state, report.reasonCode);
    return outcome;
  }

  #commit(
    tenantId: string,
    { deviceId }: UplinkMessage,
    report: Uplink<'execution'>,
  ): Promise<UplinkRefusal | 'moved' | void> {
    const now = this.clock.now();
    return this.database.tenant(tenantId, async (tx) => {
      const row = await executionStore.lock(tx, report.executionId, deviceId);
      if (row === null) return { code: 'execution_unknown', detail: `no execution ${report.executionId}` };
      const withdrawn = row.state === 'queued' && row.reasonCode === WITHDRAWN;
      const wanted = { state: row.state, provisional: row.provisional, wantedVersion: row.releaseVersion, withdrawn };
      const outcome = applyReport(wanted, report);
      const { phase = null, progress = null, bytes = 0 } = report;
      if (outcome.kind !== 'moved' && bytes > 0) await executionStore.noteLateBytes(tx, row, bytes);
      // Late and out of order is everyday life on a bad link: the report is heard, and moves nothing.
      if (outcome.kind === 'refused') return;
      if (outcome.kind === 'unmoved') return executionStore.touch(tx, row, { phase, progress }, now);
      const { state, reasonCode, reasonDetail } = outcome;
      if (state === 'regressed')
        await noteRegression(tx, row, { code: reasonCode ?? 'regressed', detail: reasonDetail }, now);
      else {
        const notBefore = state === 'deferred' ? askAgainAt(report.retryAfterS, now) : null;
        const change = { state, reasonCode, reasonDetail, phase, progress, notBefore, bytes };
        await executionStore.move(tx, row, change, now);
      }
      return 'moved';
    });
  }
}
