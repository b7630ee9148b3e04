import type * as routes from '@muster/contracts/releases/releases.routes';
import { type Manifest, type ReleaseState } from '@muster/contracts/releases/releases.schema';
import { release as machine, type ReleaseEvent } from '@muster/domain/releases/release.machine';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { artifactStore } from '@muster/persistence/releases/artifact.store';
import { type ReleaseRow, releaseStore } from '@muster/persistence/releases/release.store';
import { signManifest } from '@muster/pki/signing/manifest';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { IdentityDoor } from '../enrollment/identity-door.js';
import { type Call, withEtag } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toRelease } from './release.resource.js';

type StepCall = Call<typeof routes.signRelease>;

/** Releases on their way: drafted on a verified artifact, signed, published, and withdrawn when they turn out bad. */
@Injectable()
export class ReleasesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    private readonly door: IdentityDoor,
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
    return this.database.tenant(principal.tenantId, async (tx) => {
      const artifact = await artifactStore.find(tx, body.artifactId);
      if (artifact === null) throw Refusal.notFound('artifact', body.artifactId);
      if (artifact.state !== 'complete')
        throw new Refusal('artifact_incomplete', `${artifact.received} of ${artifact.size} bytes have arrived.`);
      const id = uuidv7();
      const inserted = await releaseStore.insert(tx, { ...body, id, createdBy: principal.name }, this.clock.now());
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

  async sign(call: StepCall) {
    const { tenantId } = call.principal;
    const key = await this.door.signingKeys.signing(tenantId, 'release');
    return this.#step(call, 'sign', async (row) => {
      const manifest = manifestOf(tenantId, row);
      return { manifest, manifestJws: await signManifest(key.signer, key.kid, manifest) };
    });
  }

  publish(call: StepCall) {
    return this.#step(call, 'publish');
  }

  /** Withdraws it everywhere: nobody can fetch it any more, and campaigns that roll it out halt. */
  revoke(call: StepCall) {
    return this.#step(call, 'revoke');
  }

  #step(
    call: StepCall,
    event: ReleaseEvent,
    more: (row: ReleaseRow) => Promise<{ manifest?: Manifest; manifestJws?: string }> = async () => ({}),
  ) {
    const { releaseId } = call.params;
    const now = this.clock.now();
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const row = await releaseStore.lock(tx, releaseId);
      if (row === null) throw Refusal.notFound('release', releaseId);
      if (row.etag !== call.ifMatch) throw Refusal.stale(row.etag);
      const step = machine.next(row.state, event);
      if (step.kind === 'refused')
        throw new Refusal('release_state_refused', `A ${row.state} release cannot be ${words[event]}.`, {
          state: row.state,
          allowed: step.allowed,
        });
      await releaseStore.move(tx, releaseId, { state: step.state, ...(await more(row)) }, now);
      await audit.append(tx, {
        actor: actorOf(call.principal),
        action: `release.${step.state}`,
        resource: `release:${releaseId}`,
        before: { state: row.state },
        after: { state: step.state },
        ...(call.body.reason === undefined ? {} : { reason: call.body.reason }),
        requestId: call.requestId,
      });
      await dropChanged(tx, releaseId, step.state);
      return answer(tx, releaseId);
    });
  }
}

const words: Record<ReleaseEvent, string> = { sign: 'signed', publish: 'published', revoke: 'revoked' };

const manifestOf = (tenant: string, row: ReleaseRow): Manifest => ({
  schemaVersion: 1,
  tenant,
  releaseId: row.id,
  name: row.name,
  version: row.version,
  models: row.models,
  rollbackIndex: row.rollbackIndex,
  artifact: { id: row.artifact.id, name: row.artifact.name, size: row.artifact.size, sha256: row.artifact.sha256 },
  createdAt: row.createdAt.toISOString(),
});

async function answer(tx: Tx, id: string) {
  const row = await releaseStore.find(tx, id);
  if (row === null) throw Refusal.notFound('release', id);
  return withEtag(toRelease(row), row.etag);
}

async function dropChanged(tx: Tx, releaseId: string, state: ReleaseState): Promise<void> {
  const letter = { tenantId: tx.tenantId!, key: releaseId };
  await outbox.drop(tx, { ...letter, type: 'release.changed', payload: { releaseId, state } });
  if (state === 'revoked') await outbox.drop(tx, { ...letter, type: 'release.revoked', payload: { releaseId } });
}
