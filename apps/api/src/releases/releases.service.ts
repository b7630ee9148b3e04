import type * as routes from '@muster/contracts/releases/releases.routes';
import { applyPatch, type Demands, demandFaults, frozenFields } from '@muster/domain/releases/judge-change';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { artifactStore } from '@muster/persistence/releases/artifact.store';
import { type ReleaseRow, releaseStore } from '@muster/persistence/releases/release.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { answer, dropChanged, lockRelease } from './read-release.js';
import { toRelease } from './release.resource.js';

/** Releases as they are drafted on a verified artifact and described. */
@Injectable()
export class ReleasesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listReleases>) {
    const after = this.paging.after(call) as [string, string] | null;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await releaseStore.list(tx, call.query, after, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.createdAt.toISOString(), row.id], toRelease);
    });
  }

  get(call: Call<typeof routes.getRelease>) {
    return this.database.tenant(call.principal.tenantId, (tx) => answer(tx, call.params.releaseId));
  }

  create(call: Call<typeof routes.createRelease>) {
    const { body, principal, requestId } = call;
    const now = this.clock.now();
    const supportUntil = body.supportUntil === undefined ? null : new Date(body.supportUntil);
    const draft = { ...body, minVersion: body.minVersion ?? null, supportUntil };
    demand(body.version, draft, { now, drafting: true });
    return this.database.tenant(principal.tenantId, async (tx) => {
      const artifact = await artifactStore.find(tx, body.artifactId);
      if (artifact === null) throw Refusal.notFound('artifact', body.artifactId);
      if (artifact.state !== 'complete')
        throw new Refusal('artifact_incomplete', `${artifact.received} of ${artifact.size} bytes have arrived.`);
      const id = uuidv7();
      const inserted = await releaseStore.insert(tx, { ...draft, id, createdBy: principal.name }, now);
      if (!inserted) throw new Refusal('already_exists', `${body.name} ${body.version} exists already.`);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'release.drafted',
        resource: `release:${id}`,
        after: body,
        requestId,
      });
      await dropChanged(tx, id, 'draft');
      return answer(tx, id);
    });
  }

  /** A draft may change in all it says; a signature fixes everything but the notes and the end of support. */
  update(call: Call<typeof routes.updateRelease>) {
    const { body, params, principal, requestId } = call;
    const now = this.clock.now();
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await lockRelease(tx, params.releaseId);
      if (row.etag !== call.ifMatch) throw Refusal.stale(row.etag);
      const before = demandsOf(row);
      const frozen = frozenFields(row.state, before, body);
      if (frozen.length > 0)
        throw new Refusal(
          'version_immutable',
          `A ${row.state} release keeps its ${frozen.join(', ')}.`,
          { state: row.state, fields: frozen },
          frozen.map((field) => ({ pointer: `/body/${field}`, message: 'is fixed by the signature' })),
        );
      const after = applyPatch(before, body);
      const asked = { ...after, supportUntil: body.supportUntil === undefined ? null : after.supportUntil };
      demand(row.version, asked, { now, drafting: row.state === 'draft' });
      await releaseStore.change(tx, row.id, { ...row, ...after } as ReleaseRow);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'release.changed',
        resource: `release:${row.id}`,
        before: Object.fromEntries(Object.keys(body).map((field) => [field, before[field as keyof Demands]])),
        after: body,
        requestId,
      });
      await dropChanged(tx, row.id, row.state);
      return answer(tx, row.id);
    });
  }
}

const demandsOf = (row: ReleaseRow): Demands => ({
  models: row.models,
  hardwareRevisions: row.hardwareRevisions,
  minVersion: row.minVersion,
  passThrough: row.passThrough,
  supportUntil: row.supportUntil,
  rollbackIndex: row.rollbackIndex,
  notes: row.notes,
});

/** @throws Refusal validation_failed naming each field */
const demand = (...[version, demands, when]: Parameters<typeof demandFaults>): void => {
  const faults = demandFaults(version, demands, when);
  if (faults.length === 0) return;
  const detail = faults.map(({ field, message }) => `${field} ${message}`).join('; ');
  const named = faults.map(({ field, message }) => ({ pointer: `/body/${field}`, message }));
  throw new Refusal('validation_failed', `${detail}.`, undefined, named);
};
