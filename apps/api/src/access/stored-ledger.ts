import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { idempotencyStore } from '@muster/persistence/access/idempotency.store';
import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { IdempotencyLedger, type IdempotentRequest, type KeptAnswer } from '../http/idempotency.interceptor.js';
import { Refusal } from '../http/refusal.js';
import { SECRET } from '../http/secret.js';

/** Idempotency keys in the database. Answers are kept encrypted: a new API key's secret is in one. */
@Injectable()
export class StoredLedger extends IdempotencyLedger {
  private readonly key: Buffer;

  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SECRET) secret: Buffer,
  ) {
    super();
    this.key = createHash('sha256').update('idempotency').update(secret).digest();
  }

  async claim(request: IdempotentRequest): Promise<KeptAnswer | null> {
    const claim = await this.database.tenant(request.principal.tenantId, (tx) =>
      idempotencyStore.claim(tx, rowOf(request), this.clock.now()),
    );
    if (claim.kind === 'running') throw new Refusal('idempotency_in_progress');
    if (claim.kind === 'reused') throw new Refusal('idempotency_key_reused');
    return claim.kind === 'done' ? this.open(claim.response as string) : null;
  }

  async keep(request: IdempotentRequest, status: number, answer: KeptAnswer): Promise<void> {
    await this.database.tenant(request.principal.tenantId, (tx) =>
      idempotencyStore.finish(tx, rowOf(request), status, this.seal(answer)),
    );
  }

  async release(request: IdempotentRequest): Promise<void> {
    await this.database.tenant(request.principal.tenantId, (tx) => idempotencyStore.release(tx, rowOf(request)));
  }

  private seal(answer: KeptAnswer): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(answer)), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
  }

  private open(text: string): KeptAnswer {
    const bytes = Buffer.from(text, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.key, bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString()) as KeptAnswer;
  }
}

const rowOf = ({ principal, key, requestHash }: IdempotentRequest) => ({
  principal: `${principal.kind}:${principal.id}`,
  key,
  requestHash,
});
