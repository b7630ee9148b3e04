import { createHash } from 'node:crypto';
import type * as routes from '@muster/contracts/releases/releases.routes';
import { release as machine, type ReleaseEvent } from '@muster/domain/releases/release.machine';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { ArtifactStorage } from '@muster/persistence/releases/artifact-storage/artifact-storage';
import { ContentDamaged } from '@muster/persistence/releases/artifact-storage/content-damaged';
import { verifyContent } from '@muster/persistence/releases/artifact-storage/verify-content';
import { type ReleaseRow, releaseStore } from '@muster/persistence/releases/release.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { payloadOf, type Signature, signatureOf } from './manifest-signature.js';
import { answer, dropChanged, findRelease, lockRelease } from './read-release.js';
import { refuseAuthor } from './separate-duties.js';

type StepCall = Call<typeof routes.publishRelease>;

/** Releases on their way: signed, published, and withdrawn when they turn out bad. */
@Injectable()
export class ReleaseStepsService {
  constructor(
    private readonly database: Database,
    private readonly storage: ArtifactStorage,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What is to be signed, as it stands now: an edit makes another. */
  async manifest(call: Call<typeof routes.getReleaseManifest>) {
    const { tenantId } = call.principal;
    const key = await this.door.signingKeys.active(tenantId, 'release');
    const row = await this.database.tenant(tenantId, (tx) => findRelease(tx, call.params.releaseId));
    const payload = payloadOf(tenantId, row);
    const sha256 = createHash('sha256').update(payload).digest('hex');
    return { payload, sha256, kid: key.kid, algorithm: key.algorithm, offline: key.keyRef === null };
  }

  async sign(call: Call<typeof routes.signRelease>) {
    const { tenantId } = call.principal;
    const key = await this.door.signingKeys.active(tenantId, 'release');
    await this.#verify(call, 'sign');
    return this.#step(call, 'sign', async (tx, row) => {
      await refuseAuthor(tx, row.id, call.principal);
      return signatureOf(this.door, tenantId, row, key, call.body.manifestJws);
    });
  }

  async publish(call: StepCall) {
    await this.#verify(call, 'publish');
    return this.#step(call, 'publish');
  }

  /** Withdraws it everywhere: nobody can fetch it any more, and campaigns that roll it out halt. */
  revoke(call: StepCall) {
    return this.#step(call, 'revoke');
  }

  /**
   * Reads the stored content before anybody vouches for it. That takes seconds for a large artifact, so it is done before
   * the release is locked, and only when the step would be taken.
   */
  async #verify(call: StepCall, event: ReleaseEvent): Promise<void> {
    const { tenantId } = call.principal;
    const row = await this.database.tenant(tenantId, (tx) => findRelease(tx, call.params.releaseId));
    if (row.etag !== call.ifMatch) throw Refusal.stale(row.etag);
    stepOf(row, event);
    const { sha256, size } = row.artifact;
    await verifyContent(this.storage, tenantId, row.artifact).catch((fault: unknown) => {
      if (!(fault instanceof ContentDamaged)) throw fault;
      const refusal = new Refusal('artifact_digest_mismatch', `${fault.message} Upload it again.`, { sha256, size });
      refusal.cause = fault;
      throw refusal;
    });
  }

  #step(call: StepCall, event: ReleaseEvent, sign: (tx: Tx, row: ReleaseRow) => Promise<Signature> = async () => ({})) {
    const { releaseId } = call.params;
    const { principal } = call;
    const now = this.clock.now();
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await lockRelease(tx, releaseId);
      if (row.etag !== call.ifMatch) throw Refusal.stale(row.etag);
      const state = stepOf(row, event);
      await releaseStore.move(tx, releaseId, { state, by: principal, ...(await sign(tx, row)) }, now);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: `release.${state}`,
        resource: `release:${releaseId}`,
        before: { state: row.state },
        after: { state },
        ...(call.body.reason === undefined ? {} : { reason: call.body.reason }),
        requestId: call.requestId,
      });
      await dropChanged(tx, releaseId, state);
      if (state === 'revoked')
        await outbox.drop(tx, {
          tenantId: principal.tenantId,
          key: releaseId,
          type: 'release.revoked',
          payload: { releaseId },
        });
      return answer(tx, releaseId);
    });
  }
}

const words: Record<ReleaseEvent, string> = { sign: 'signed', publish: 'published', revoke: 'revoked' };

/** @throws Refusal release_state_refused */
const stepOf = (row: ReleaseRow, event: ReleaseEvent) => {
  const step = machine.next(row.state, event);
  if (step.kind === 'refused')
    throw new Refusal('release_state_refused', `A ${row.state} release cannot be ${words[event]}.`, {
      state: row.state,
      allowed: step.allowed,
    });
  return step.state;
};
