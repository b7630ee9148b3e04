import type * as routes from '@muster/contracts/enrollment/bulk.routes';
import { TokenRow } from '@muster/contracts/enrollment/bulk.schema';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { enrollmentTokenStore } from '@muster/persistence/enrollment/enrollment-token.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { formatEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { mintLetters } from './mint-letters.js';
import { type ReadRow, readRows } from './read-rows.js';

type Row = z.output<typeof TokenRow>;

/** One-time tokens for many devices at once, each bound to a serial number. All that are good are made, or none. */
@Injectable()
export class BulkTokensService {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async create({ principal, body, requestId }: Call<typeof routes.createEnrollmentTokens>) {
    const read = onlyOnce(readRows(TokenRow, body));
    const rootSha256 = await this.door.hierarchy.rootSha256();
    const now = this.clock.now();
    const expiresAt = new Date(now.getTime() + body.expiresInS * 1000);
    const good = read.flatMap((row) => (row.ok ? [{ ...row, prefix: mintLetters(10), secret: mintLetters(32) }] : []));
    const wanted = good.map(({ value, prefix, secret }) => ({
      ...value,
      name: value.name ?? value.serial,
      site: value.site ?? null,
      model: value.model ?? null,
      maxUses: 1,
      prefix,
      secret,
      expiresAt,
      createdBy: principal.name,
    }));
    const ids = await this.database.tenant(principal.tenantId, async (tx) => {
      const made = await enrollmentTokenStore.createAll(tx, wanted, now);
      if (made.length === 0) return made;
      // One letter and one entry for all: what is made together is watched together.
      const payload = { tokenId: made[0]! };
      const letter = { tenantId: principal.tenantId, type: 'enrollment.token_created', key: made[0]!, payload };
      await outbox.drop(tx, letter);
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'enrollment_tokens.created',
        resource: `enrollment_token:${made[0]}`,
        after: { created: made.length, expiresAt: expiresAt.toISOString() },
        requestId,
      });
      return made;
    });
    const made = new Map(good.map(({ row, prefix, secret }, i) => [row, { id: ids[i]!, prefix, secret }]));
    const rows = read.map((row) => {
      const token = made.get(row.row);
      if (!row.ok || !token)
        return { ...failed, row: row.row, message: row.ok ? null : row.message, outcome: 'failed' as const };
      const { id, prefix, secret } = token;
      const text = formatEnrollmentToken({ prefix, secret, rootSha256 });
      const { serial } = row.value;
      return { row: row.row, outcome: 'created' as const, message: null, tokenId: id, serial, token: text };
    });
    return { created: ids.length, failed: rows.length - ids.length, rows };
  }
}

const failed = { tokenId: null, serial: null, token: null };

/** Two tokens for one device in one file are a mistake, and nobody could say which of them the device got. */
const onlyOnce = (rows: readonly ReadRow<Row>[]): ReadRow<Row>[] => {
  const seen = new Set<string>();
  return rows.map((row) => {
    if (!row.ok) return row;
    const key = JSON.stringify([row.value.model ?? null, row.value.serial]);
    if (seen.has(key)) return { row: row.row, ok: false, message: 'serial: stands in a row before' };
    seen.add(key);
    return row;
  });
};
