import { timingSafeEqual } from 'node:crypto';
import { messageKinds } from '@muster/contracts/telemetry/telemetry.schema';
import { v7 as uuidv7 } from 'uuid';
import { hashSecret } from '../access/secret.js';
import type { Tx } from '../transaction.js';

export interface NewTokenRow {
  readonly name: string;
  readonly prefix: string;
  readonly secret: string;
  readonly maxUses: number;
  readonly class: string;
  readonly site: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly model: string | null;
  readonly serial: string | null;
  readonly expiresAt: Date;
  readonly createdBy: string;
}

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly maxUses: number;
  readonly uses: number;
  readonly class: string;
  readonly site: string | null;
  readonly labels: Record<string, string>;
  readonly model: string | null;
  readonly serial: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt: Date | null;
}

/** Where the newest enrolment with a token stands. */
export interface TokenSteps {
  readonly deviceId: string | null;
  readonly certificateIssuedAt: Date | null;
  readonly connectedAt: Date | null;
  readonly firstTelemetryAt: Date | null;
  readonly refusals: readonly { readonly at: Date; readonly code: string; readonly detail: string }[];
}

const columns = `t.id, t.name, t.prefix, t.max_uses as "maxUses", t.uses, t.class, t.site, t.labels, t.model, t.serial,
  t.created_by as "createdBy", t.created_at as "createdAt", t.expires_at as "expiresAt", t.revoked_at as "revokedAt"`;

/** Enrolment tokens: the prefix finds the row and may be shown; the secret is kept as a hash. */
export const enrollmentTokenStore = {
  async create(tx: Tx, token: NewTokenRow, now: Date): Promise<TokenRow> {
    const [row] = await tx.query<TokenRow>(
      `insert into enrollment_tokens as t (tenant_id, id, name, prefix, secret_hash, max_uses, class, site, labels, model,
         serial, expires_at, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) returning ${columns}`,
      [
        tx.tenantId,
        uuidv7(),
        token.name,
        token.prefix,
        hashSecret(token.secret),
        token.maxUses,
        token.class,
        token.site,
        JSON.stringify(token.labels),
        token.model,
        token.serial,
        token.expiresAt,
        token.createdBy,
        now,
      ],
    );
    return row!;
  },

  /** Many at once; returns their ids in the same order. */
  async createAll(tx: Tx, tokens: readonly NewTokenRow[], now: Date): Promise<string[]> {
    const ids = tokens.map(() => uuidv7());
    await tx.execute(
      `insert into enrollment_tokens (tenant_id, id, name, prefix, secret_hash, max_uses, class, site, labels, model, serial,
         expires_at, created_by, created_at)
       select $1, r.*, $2 from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::text[],
         $10::jsonb[], $11::text[], $12::text[], $13::timestamptz[], $14::text[]) r`,
      [
        tx.tenantId,
        now,
        ids,
        tokens.map(({ name }) => name),
        tokens.map(({ prefix }) => prefix),
        tokens.map(({ secret }) => hashSecret(secret)),
        tokens.map(({ maxUses }) => maxUses),
        tokens.map((token) => token.class),
        tokens.map(({ site }) => site),
        tokens.map(({ labels }) => JSON.stringify(labels)),
        tokens.map(({ model }) => model),
        tokens.map(({ serial }) => serial),
        tokens.map(({ expiresAt }) => expiresAt),
        tokens.map(({ createdBy }) => createdBy),
      ],
    );
    return ids;
  },

  async find(tx: Tx, id: string): Promise<TokenRow | null> {
    const [row] = await tx.query<TokenRow>(`select ${columns} from enrollment_tokens t where t.id = $1`, [id]);
    return row ?? null;
  },

  /** Newest first (ids sort by time), older than `beforeId`. */
  list(tx: Tx, beforeId: string | null, limit: number): Promise<TokenRow[]> {
    return tx.query<TokenRow>(
      `select ${columns} from enrollment_tokens t where $1::uuid is null or t.id < $1 order by t.id desc limit $2`,
      [beforeId, limit],
    );
  },

  /** Null when there is no such token; revoking twice keeps the first time. */
  async revoke(tx: Tx, id: string, now: Date): Promise<TokenRow | null> {
    const [row] = await tx.query<TokenRow>(
      `update enrollment_tokens t set revoked_at = coalesce(t.revoked_at, $2) where t.id = $1 returning ${columns}`,
      [id, now],
    );
    return row ?? null;
  },

  /**
   * Whose token this is, when the secret is right; null looks the same for an unknown prefix and a wrong secret.
   * Needs a system transaction, because the tenant is what is being asked.
   */
  async locate(tx: Tx, prefix: string, secret: string): Promise<{ tenantId: string; id: string } | null> {
    const [row] = await tx.query<{ tenantId: string; id: string; secretHash: string }>(
      'select tenant_id as "tenantId", id, secret_hash as "secretHash" from enrollment_tokens where prefix = $1',
      [prefix],
    );
    const presented = Buffer.from(hashSecret(secret));
    const stored = Buffer.from(row?.secretHash ?? hashSecret(''));
    return timingSafeEqual(presented, stored) && row ? { tenantId: row.tenantId, id: row.id } : null;
  },

  /** The row, locked to the end of the transaction: of many parallel uses of a one-time token one is first. */
  async lock(tx: Tx, id: string): Promise<TokenRow | null> {
    const [row] = await tx.query<TokenRow>(`select ${columns} from enrollment_tokens t where t.id = $1 for update`, [
      id,
    ]);
    return row ?? null;
  },

  /** Counts one use; the caller holds the lock and has judged the token. */
  async spend(tx: Tx, id: string): Promise<void> {
    await tx.execute('update enrollment_tokens set uses = uses + 1 where id = $1', [id]);
  },

  /** What became of the tokens: the newest certificate issued with each, and the last five refusals from the audit. */
  async steps(tx: Tx, ids: readonly string[]): Promise<Map<string, TokenSteps>> {
    const rows = await tx.query<TokenSteps & { id: string }>(
      `select t.id, c.device_id as "deviceId", c.created_at as "certificateIssuedAt", c.activated_at as "connectedAt",
         (select m.received_at from messages m where m.device_key = d.device_key and m.kind = ${messageKinds.telemetry}
            and m.produced_at >= c.created_at - interval '1 day' order by m.produced_at limit 1) as "firstTelemetryAt",
         coalesce((select jsonb_agg(jsonb_build_object('at', a.at, 'code', a.text->'after'->>'code',
             'detail', a.text->>'reason') order by a.seq desc)
           from (select seq, at, canonical::jsonb as text from audit_entries
             where resource = 'enrollment_token:' || t.id and action = 'enrollment.refused'
             order by seq desc limit 5) a), '[]') as refusals
       from enrollment_tokens t
       left join lateral (select device_id, created_at, activated_at from certificates
         where tenant_id = t.tenant_id and token_id = t.id order by created_at desc limit 1) c on true
       left join devices d on d.id = c.device_id
       where t.id = any($1::uuid[])`,
      [ids],
    );
    return new Map(rows.map(({ id, ...steps }) => [id, { ...steps, refusals: steps.refusals.map(dated) }]));
  },
};

/** Times inside a JSON column come as text. */
const dated = <T extends { at: Date }>(refusal: T): T => ({ ...refusal, at: new Date(refusal.at) });
