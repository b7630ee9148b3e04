import type * as routes from '@muster/contracts/telemetry/retention.routes';
import type { RetentionPolicy, StoredDay } from '@muster/contracts/telemetry/retention.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { archiveStore } from '@muster/persistence/telemetry/archive.store';
import { dayOf, rawMessages } from '@muster/persistence/telemetry/partitioned';
import { retentionStore } from '@muster/persistence/telemetry/retention.store';
import { tierStore } from '@muster/persistence/telemetry/tier.store';
import { Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { type Fault, Refusal } from '../http/refusal.js';

/** What is kept for how long, and what lies in the database now. */
@Injectable()
export class RetentionService {
  constructor(private readonly database: Database) {}

  get(call: Call<typeof routes.getRetention>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => ({
      policies: await retentionStore.policies(tx),
    }));
  }

  set(call: Call<typeof routes.setRetention>) {
    const { principal, requestId, body } = call;
    return this.database.insist(principal.tenantId, async (tx) => {
      const faults = faultsOf(body.policies, await retentionStore.classes(tx));
      if (faults.length > 0) throw new Refusal('validation_failed', undefined, undefined, faults);
      const before = await retentionStore.policies(tx);
      await retentionStore.replace(tx, body.policies);
      const after = await retentionStore.policies(tx);
      const record = {
        actor: actorOf(principal),
        action: 'retention.changed',
        resource: `tenant:${principal.tenantId}`,
      };
      await audit.append(tx, { ...record, before, after, requestId });
      return { policies: after };
    });
  }

  /**
   * Sizes are those of whole days, which hold the messages of every tenant; the rows are the planner's estimate. A
   * restored day is counted as its file.
   */
  async days(call: Call<typeof routes.listStoredDays>): Promise<{ items: StoredDay[] }> {
    const parts = await this.database.system((tx) => tierStore.parts(tx, rawMessages));
    const restored = await this.database.tenant(call.principal.tenantId, (tx) => archiveStore.restored(tx));
    const items = parts
      .filter(({ rows }) => rows !== 0)
      .map(
        ({ name, warm, rows, bytes }): StoredDay => ({ day: dayOf(name), tier: warm ? 'warm' : 'hot', rows, bytes }),
      );
    const back = restored.map((one): StoredDay => ({ ...one, tier: 'restored' }));
    return { items: [...items, ...back].sort((a, b) => (a.day < b.day ? 1 : -1)) };
  }
}

function faultsOf(policies: readonly RetentionPolicy[], classes: ReadonlySet<string>): Fault[] {
  const faults: Fault[] = [];
  const seen = new Set<string | null>();
  policies.forEach((one, i) => {
    const fault = (field: string, message: string) => faults.push({ pointer: `/body/policies/${i}/${field}`, message });
    if (seen.has(one.class)) fault('class', 'has a policy already in this list');
    else if (one.class !== null && !classes.has(one.class)) fault('class', 'is no class of devices here');
    seen.add(one.class);
    if (one.warmAfterDays > one.rawDays)
      fault('warmAfterDays', `must not be more than rawDays, which is ${one.rawDays}`);
    if (one.hourlyDays < one.rawDays) fault('hourlyDays', `must not be less than rawDays, which is ${one.rawDays}`);
  });
  if (!seen.has(null)) faults.push({ pointer: '/body/policies', message: 'must have one policy whose class is null' });
  return faults;
}
