import type * as routes from '@muster/contracts/devices/devices.routes';
import { NewDevice } from '@muster/contracts/devices/devices.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { preRegister } from './devices.service.js';

export interface RowReport {
  row: number;
  outcome: 'created' | 'existing' | 'failed';
  deviceId: string | null;
  message: string | null;
}

/** Pre-registers many devices; a bad row fails alone and says why. The same rows again change nothing. */
@Injectable()
export class ImportService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  import(call: Call<typeof routes.importDevices>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows: RowReport[] = [];
      for (const [index, input] of call.body.rows.entries())
        rows.push({ row: index + 1, ...(await importRow(tx, input, this.clock.now())) });
      const count = (outcome: RowReport['outcome']) => rows.filter((row) => row.outcome === outcome).length;
      const counts = { created: count('created'), existing: count('existing'), failed: count('failed') };
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: 'device.imported',
        resource: 'device:*',
        after: counts,
        requestId: call.requestId,
      });
      return { ...counts, rows };
    });
  }
}

async function importRow(tx: Tx, input: unknown, now: Date): Promise<Omit<RowReport, 'row'>> {
  const parsed = NewDevice.safeParse(input);
  if (!parsed.success) {
    const message = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'row'}: ${issue.message}`).join('; ');
    return { outcome: 'failed', deviceId: null, message };
  }
  const created = await preRegister(tx, parsed.data, now);
  if (created !== null) return { outcome: 'created', deviceId: created.id, message: null };
  const existing = await deviceStore.findBySerial(tx, parsed.data.model, parsed.data.serial);
  return { outcome: 'existing', deviceId: existing?.id ?? null, message: null };
}
