import type * as routes from '@muster/contracts/campaigns/brakes.routes';
import type { Freeze } from '@muster/contracts/campaigns/brakes.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { type FreezeRow, freezeStore } from '@muster/persistence/campaigns/freeze.store';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

const toFreeze = (row: FreezeRow): Freeze => ({
  id: row.id,
  name: row.name,
  startsAt: row.startsAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
  sites: row.sites === null ? null : [...row.sites],
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
});

/** The calendar of times in which campaigns offer nothing. Every tick reads it, so a change is obeyed within seconds. */
@Injectable()
export class FreezesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listFreezes>) {
    const { past, pageSize } = call.query;
    const after = this.paging.after(call) as [string, string] | null;
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await freezeStore.list(tx, past === 'true', after, pageSize + 1, now);
      return this.paging.page(call, rows, (row) => [row.endsAt.toISOString(), row.id], toFreeze);
    });
  }

  create(call: Call<typeof routes.createFreeze>): Promise<Freeze> {
    const { principal, body, requestId } = call;
    const now = this.clock.now();
    const startsAt = new Date(body.startsAt);
    const endsAt = new Date(body.endsAt);
    return this.database.tenant(principal.tenantId, async (tx) => {
      await check(tx, { startsAt, endsAt, sites: body.sites }, now);
      const { name, sites } = body;
      const row = await freezeStore.insert(
        tx,
        { id: uuidv7(), name, startsAt, endsAt, sites, createdBy: principal.name },
        now,
      );
      const actor = actorOf(principal);
      await audit.append(tx, {
        actor,
        action: 'freeze.created',
        resource: `freeze:${row.id}`,
        after: toFreeze(row),
        requestId,
      });
      await tell(tx, row.id);
      return toFreeze(row);
    });
  }

  async delete(call: Call<typeof routes.deleteFreeze>): Promise<void> {
    const { principal, params, requestId } = call;
    await this.database.tenant(principal.tenantId, async (tx) => {
      const row = await freezeStore.remove(tx, params.freezeId);
      if (row === null) throw Refusal.notFound('freeze', params.freezeId);
      const actor = actorOf(principal);
      await audit.append(tx, {
        actor,
        action: 'freeze.deleted',
        resource: `freeze:${row.id}`,
        before: toFreeze(row),
        requestId,
      });
      await tell(tx, row.id);
    });
  }
}

const invalid = (pointer: string, message: string): Refusal =>
  new Refusal('validation_failed', undefined, undefined, [{ pointer, message }]);

/** A freeze that can never hold anything back is a mistake that somebody would rely on. */
async function check(
  tx: Tx,
  { startsAt, endsAt, sites }: Pick<FreezeRow, 'startsAt' | 'endsAt' | 'sites'>,
  now: Date,
): Promise<void> {
  if (endsAt <= startsAt) throw invalid('/body/endsAt', 'is not after startsAt');
  if (endsAt <= now) throw invalid('/body/endsAt', 'is in the past');
  const [unknown] = sites === null ? [] : await freezeStore.unknownSites(tx, sites);
  if (unknown !== undefined)
    throw invalid(`/body/sites/${sites!.indexOf(unknown)}`, `is ${unknown}, and no site is called that`);
}

async function tell(tx: Tx, freezeId: string): Promise<void> {
  await outbox.drop(tx, { tenantId: tx.tenantId!, type: 'freeze.changed', key: freezeId, payload: { freezeId } });
}
