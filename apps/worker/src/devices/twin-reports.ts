import type { TwinReport } from '@muster/contracts/mqtt/uplink';
import type { FieldVerdict } from '@muster/domain/configs/find-drift';
import { judgeReport } from '@muster/domain/devices/judge-report';
import { pointerTo } from '@muster/domain/devices/list-fields';
import { done, type Result } from '@muster/domain/result';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceEventStore, type NewDeviceEvent } from '@muster/persistence/devices/device-event.store';
import { type DriftChange, driftStore } from '@muster/persistence/devices/drift.store';
import { type TwinRow, twinStore } from '@muster/persistence/devices/twin.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';

type Report = Pick<
  TwinReport,
  'version' | 'epoch' | 'reported' | 'patch' | 'baseVersion' | 'desiredVersion' | 'acks' | 'needFull'
>;

/** Writes reports into twins: the document, what the device made of each field, and the drift that follows. */
@Injectable()
export class TwinReports {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** `needsFull`: the device and we do not stand on the same document; it must get the whole desired one. */
  async apply(
    tenantId: string,
    deviceId: string,
    report: Report,
  ): Promise<Result<{ needsFull: boolean }, 'payload_invalid' | 'device_unknown'>> {
    return this.database.tenant(tenantId, async (tx) => {
      const [twin] = await twinStore.lock(tx, [deviceId]);
      if (twin === undefined) return { ok: false, code: 'device_unknown', detail: 'the device has no twin' };
      const epoch = report.epoch ?? 0;
      const judged = judgeReport({ ...twin, epoch: twin.ack?.epoch ?? null }, { ...report, epoch });
      if (!judged.ok) return judged;
      if (judged.value.kind === 'old') return done({ needsFull: false });
      if (judged.value.kind === 'unfounded') return done({ needsFull: true });
      await this.#write(tx, twin, { ...report, epoch }, judged.value.document);
      return done({ needsFull: report.needFull ?? false });
    });
  }

  async #write(tx: Tx, twin: TwinRow, report: Report & { epoch: number }, reported: TwinRow['reported']) {
    const { deviceId, desiredVersion } = twin;
    const now = this.clock.now();
    const ahead = report.desiredVersion > desiredVersion;
    const ackedVersion = ahead ? 0 : report.desiredVersion;
    const verdicts = report.acks
      ? byPointer(report.acks)
      : ackedVersion === twin.ackedVersion
        ? twin.ack?.verdicts
        : {};
    const ack = { epoch: report.epoch, verdicts: verdicts ?? {} };
    await twinStore.report(tx, { deviceId, reported, reportedVersion: report.version, ackedVersion, ack }, now);
    if (ahead) await twinStore.leap(tx, deviceId, report.desiredVersion + 1);
    const changes = await driftStore.judge(tx, [deviceId], now);
    await deviceEventStore.append(tx, changes.flatMap(eventOf), now);
  }
}

/** Devices may write a field as a JSON pointer or with dots; inside we only know pointers. */
const byPointer = (acks: NonNullable<Report['acks']>): Record<string, FieldVerdict> =>
  Object.fromEntries(
    Object.entries(acks).map(([key, verdict]) => [
      key.startsWith('/') ? key : key.split('.').reduce(pointerTo, ''),
      verdict,
    ]),
  );

function eventOf({ deviceId, before, after, fresh }: DriftChange): NewDeviceEvent[] {
  if (after === 0 && before > 0)
    return [{ deviceId, kind: 'drift', summary: 'Converged: reports everything as desired', facts: { before } }];
  if (fresh.length === 0) return [];
  const paths = fresh.map((drift) => drift.path).sort();
  const summary = `Drifts in ${paths.length} field${paths.length === 1 ? '' : 's'}: ${paths.slice(0, 3).join(', ')}`;
  return [{ deviceId, kind: 'drift', summary, facts: { paths: paths.slice(0, 50) } }];
}
