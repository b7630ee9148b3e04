import type * as routes from '@muster/contracts/enrollment/bulk.routes';
import { RegisteredKeyRow } from '@muster/contracts/enrollment/bulk.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import {
  registeredKeyStore,
  type RegisteredKeyRow as StoredKey,
} from '@muster/persistence/enrollment/registered-key.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { readRows } from './read-rows.js';
import { type Registered, registerKeys } from './register-keys.js';
import { type KeyedRow, withKeyHash } from './registered-key-row.js';
import { TrustedIssuers } from './trusted-issuers.js';

/** Rows of one transaction: few enough that others who write devices do not wait for an import. */
const CHUNK = 500;

/** Keys devices were made with: registered before the devices come, listed and revoked by people. */
@Injectable()
export class RegisteredKeysService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    private readonly issuers: TrustedIssuers,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What a chunk did stays when a later one fails: the same rows again change nothing. */
  async register({ principal, body, requestId }: Call<typeof routes.registerKeys>) {
    const read = readRows(RegisteredKeyRow, body).map(withKeyHash);
    const good = read.flatMap((row) => (row.ok ? [row] : []));
    const outcomes = new Map<number, Registered>();
    for (let at = 0; at < good.length; at += CHUNK) {
      const chunk = good.slice(at, at + CHUNK);
      const registered = await this.#registerChunk(
        { tenantId: principal.tenantId, createdBy: principal.name },
        chunk.map(({ value }) => value),
      );
      chunk.forEach(({ row }, i) => {
        outcomes.set(row, registered[i]!);
      });
    }
    const rows = read.map(({ row, ...rest }) => {
      const outcome: Registered = outcomes.get(row) ?? { outcome: 'failed', message: rest.ok ? '' : rest.message };
      if (outcome.outcome === 'failed') return { row, deviceId: null, ...outcome };
      return { row, outcome: outcome.outcome, message: null, deviceId: outcome.deviceId };
    });
    const count = (wanted: string) => rows.filter(({ outcome }) => outcome === wanted).length;
    const counts = { created: count('created'), existing: count('existing'), failed: count('failed') };
    await this.database.tenant(principal.tenantId, (tx) =>
      audit.append(tx, {
        actor: actorOf(principal),
        action: 'registered_keys.imported',
        resource: `tenant:${principal.tenantId}`,
        after: counts,
        requestId,
      }),
    );
    return { ...counts, rows };
  }

  async #registerChunk(who: { tenantId: string; createdBy: string }, rows: readonly KeyedRow[]): Promise<Registered[]> {
    const { tenantId, createdBy } = who;
    const hashes = rows.map(({ keyHash }) => keyHash);
    const used = await this.database.system((tx) => registeredKeyStore.listTaken(tx, tenantId, hashes));
    const taken = new Set([...used, ...(await this.issuers.keys())]);
    return this.database.insist(tenantId, (tx) => registerKeys(tx, rows, { taken, createdBy }, this.clock.now()));
  }

  list(call: Call<typeof routes.listRegisteredKeys>) {
    const [before = null] = this.paging.after(call) ?? [];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await registeredKeyStore.list(tx, before as string | null, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.id], toRegisteredKey);
    });
  }

  revoke({ principal, params, requestId }: Call<typeof routes.revokeRegisteredKey>) {
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await registeredKeyStore.revoke(tx, params.keyId, this.clock.now());
      if (!row) throw Refusal.notFound('registered key', params.keyId);
      const resource = `registered_key:${row.id}`;
      const after = { deviceId: row.deviceId, keySha256: row.keyHash };
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'registered_key.revoked',
        resource,
        after,
        requestId,
      });
      return toRegisteredKey(row);
    });
  }
}

const toRegisteredKey = ({ keyHash, createdAt, usedAt, revokedAt, ...row }: StoredKey) => ({
  ...row,
  keySha256: keyHash,
  createdAt: createdAt.toISOString(),
  usedAt: usedAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
});
