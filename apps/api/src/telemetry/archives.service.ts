import type * as routes from '@muster/contracts/telemetry/retention.routes';
import type { Archive } from '@muster/contracts/telemetry/retention.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { type ArchiveRow, archiveStore } from '@muster/persistence/telemetry/archive.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

const DAY_MS = 86_400_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Days on the artifact store, and their way back; the worker does the moving. */
@Injectable()
export class ArchivesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listArchives>) {
    const after = this.paging.after(call);
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const at = after === null ? null : { day: after[0] as string, id: after[1] as string };
      const rows = await archiveStore.list(tx, at, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.day, row.id], toArchive);
    });
  }

  /** Of a restored one it moves the end. */
  restore(call: Call<typeof routes.restoreArchive>) {
    const { principal, requestId, params, body } = call;
    const id = params.archiveId;
    if (!UUID.test(id)) throw Refusal.notFound('archive', id);
    return this.database.insist(principal.tenantId, async (tx) => {
      const known = await archiveStore.find(tx, id);
      if (!known) throw Refusal.notFound('archive', id);
      if (known.state === 'writing' || known.state === 'failed')
        throw new Refusal('conflict', 'It is not complete yet.', { state: known.state });
      const now = this.clock.now();
      const until = new Date(now.getTime() + body.days * DAY_MS);
      const row = await archiveStore.orderRestore(tx, id, until, now);
      const record = { actor: actorOf(principal), action: 'archive.restore_requested', resource: `archive:${id}` };
      await audit.append(tx, { ...record, after: { day: row.day, until: until.toISOString() }, requestId });
      return toArchive(row);
    });
  }
}

const toArchive = (row: ArchiveRow): Archive => ({
  ...row,
  checkedAt: row.checkedAt?.toISOString() ?? null,
  restoredUntil: row.restoredUntil?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
});
