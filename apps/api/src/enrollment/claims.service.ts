import type * as routes from '@muster/contracts/enrollment/claims.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { type CountedBatchRow, claimBatchStore } from '@muster/persistence/enrollment/claim-batch.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { toClaimBatch, toClaimSerial } from './claims.resource.js';
import { issueClaim } from './issue-claim.js';
import { TrustedIssuers } from './trusted-issuers.js';

/** Claim batches: made, fed with serial numbers, watched and revoked by people; spent at the device door. */
@Injectable()
export class ClaimsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    private readonly door: IdentityDoor,
    private readonly issuers: TrustedIssuers,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create(call: Call<typeof routes.createClaimBatch>) {
    const { principal, body, requestId } = call;
    const { tenantId } = principal;
    const now = this.clock.now();
    const id = uuidv7();
    const claim = await issueClaim(
      this.door,
      { ...body, tenant: tenantId, batchId: id },
      await this.issuers.keys(),
      now,
    );
    const { serial, fingerprint, pem, notAfter } = claim.leaf;
    const row = await this.database.tenant(tenantId, async (tx) => {
      const { name, quota, hourlyQuota = null, unlisted, class: deviceClass, site = null, labels, model = null } = body;
      const limits = { name, quota, hourlyQuota, unlisted, class: deviceClass, site, labels, model };
      const issued = { authorityId: claim.authority.id, serial, fingerprint, pem, expiresAt: notAfter };
      await claimBatchStore.create(tx, { id, ...limits, ...issued, createdBy: principal.name }, now);
      await claimBatchStore.addSerials(tx, id, [...new Set(body.serials)]);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'claim_batch.created',
        resource: `claim_batch:${id}`,
        after: { ...limits, fingerprint, serials: body.serials.length, expiresAt: notAfter.toISOString() },
        requestId,
      });
      await told(tx, id);
      return (await claimBatchStore.find(tx, id, now))!;
    });
    const rootSha256 = await this.door.hierarchy.rootSha256();
    const { key, pkcs12, authority } = claim;
    return { ...toClaimBatch(row), chain: [authority.pem], key, pkcs12, rootSha256 };
  }

  list(call: Call<typeof routes.listClaimBatches>) {
    const [before = null] = this.paging.after(call) ?? [];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await claimBatchStore.list(tx, before as string | null, call.query.pageSize + 1, this.clock.now());
      return this.paging.page(call, rows, (row) => [row.id], toClaimBatch);
    });
  }

  get({ principal, params }: Call<typeof routes.getClaimBatch>) {
    return this.database.tenant(principal.tenantId, async (tx) => toClaimBatch(await this.#find(tx, params.batchId)));
  }

  listSerials(call: Call<typeof routes.listClaimSerials>) {
    const { batchId } = call.params;
    const [after = null] = this.paging.after(call) ?? [];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await this.#find(tx, batchId);
      const rows = await claimBatchStore.listSerials(tx, batchId, after as string | null, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.serial], toClaimSerial);
    });
  }

  addSerials({ principal, params, body, requestId }: Call<typeof routes.addClaimSerials>) {
    const { batchId } = params;
    return this.database.tenant(principal.tenantId, async (tx) => {
      const batch = await claimBatchStore.lock(tx, batchId);
      if (!batch) throw Refusal.notFound('claim batch', batchId);
      if (batch.revokedAt || this.clock.now() >= batch.expiresAt)
        throw new Refusal('conflict', 'The batch lets nobody in any more.');
      const added = await claimBatchStore.addSerials(tx, batchId, [...new Set(body.serials)]);
      const resource = `claim_batch:${batchId}`;
      const after = { added };
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'claim_batch.serials_added',
        resource,
        after,
        requestId,
      });
      await told(tx, batchId);
      return toClaimBatch(await this.#find(tx, batchId));
    });
  }

  revoke({ principal, params, requestId }: Call<typeof routes.revokeClaimBatch>) {
    const { batchId } = params;
    return this.database.tenant(principal.tenantId, async (tx) => {
      if (!(await claimBatchStore.revoke(tx, batchId, this.clock.now())))
        throw Refusal.notFound('claim batch', batchId);
      const resource = `claim_batch:${batchId}`;
      await audit.append(tx, { actor: actorOf(principal), action: 'claim_batch.revoked', resource, requestId });
      await told(tx, batchId);
      return toClaimBatch(await this.#find(tx, batchId));
    });
  }

  async #find(tx: Tx, id: string): Promise<CountedBatchRow> {
    const row = await claimBatchStore.find(tx, id, this.clock.now());
    if (!row) throw Refusal.notFound('claim batch', id);
    return row;
  }
}

const told = (tx: Tx, batchId: string) =>
  outbox.drop(tx, {
    tenantId: tx.tenantId!,
    type: 'enrollment.claim_changed',
    key: batchId,
    payload: { batchId },
  });
