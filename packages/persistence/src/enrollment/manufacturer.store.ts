import type { manufacturerStates, serialSources } from '@muster/contracts/enrollment/manufacturers.schema';
import type { Tx } from '../transaction.js';

export interface NewManufacturerRow {
  readonly id: string;
  readonly name: string;
  readonly certificatePem: string;
  /** SHA-256 of the certificate's DER, hex. */
  readonly fingerprint: string;
  /** Subject key identifier, hex: what certificates below it name. */
  readonly keyId: string;
  /** SHA-256 of the subject public key info, hex: what one tenant alone may be active with. */
  readonly keyHash: string;
  readonly model: string;
  readonly serialFrom: (typeof serialSources)[number];
  readonly approval: 'automatic' | 'queue';
  readonly class: string;
  readonly site: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly challenge: string;
  readonly challengeExpiresAt: Date;
  readonly createdBy: string;
}

export interface ManufacturerRow extends Omit<NewManufacturerRow, 'challenge' | 'challengeExpiresAt'> {
  readonly labels: Record<string, string>;
  readonly state: (typeof manufacturerStates)[number];
  readonly challenge: string | null;
  readonly challengeExpiresAt: Date | null;
  readonly enrolled: number;
  readonly createdAt: Date;
  readonly provenAt: Date | null;
}

/** An active manufacturer that may have issued a certificate. */
export interface IssuerRow {
  readonly tenantId: string;
  readonly id: string;
  readonly keyId: string;
  readonly certificatePem: string;
}

const bare = `m.id, m.name, m.state, m.certificate_pem as "certificatePem", m.fingerprint, m.key_id as "keyId",
  m.key_hash as "keyHash", m.model, m.serial_from as "serialFrom", m.approval, m.class, m.site, m.labels, m.challenge,
  m.challenge_expires_at as "challengeExpiresAt", m.created_by as "createdBy", m.created_at as "createdAt",
  m.proven_at as "provenAt"`;
const columns = `${bare},
  (select count(distinct c.device_id)::int from certificates c where c.source = 'manufacturer' and c.source_id = m.id)
    as enrolled`;

/** Registered CAs of manufacturers. The unique indexes guard that one key lets devices into one tenant only. */
export const manufacturerStore = {
  async create(tx: Tx, row: NewManufacturerRow, now: Date): Promise<ManufacturerRow> {
    const [made] = await tx.query<ManufacturerRow>(
      `insert into manufacturers as m (tenant_id, id, name, certificate_pem, fingerprint, key_id, key_hash, model,
         serial_from, approval, class, site, labels, challenge, challenge_expires_at, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) returning ${columns}`,
      [
        tx.tenantId,
        row.id,
        row.name,
        row.certificatePem,
        row.fingerprint,
        row.keyId,
        row.keyHash,
        row.model,
        row.serialFrom,
        row.approval,
        row.class,
        row.site,
        JSON.stringify(row.labels),
        row.challenge,
        row.challengeExpiresAt,
        row.createdBy,
        now,
      ],
    );
    return made!;
  },

  async find(tx: Tx, id: string): Promise<ManufacturerRow | null> {
    const [row] = await tx.query<ManufacturerRow>(`select ${columns} from manufacturers m where m.id = $1`, [id]);
    return row ?? null;
  },

  /** Locked, to change it. */
  async lock(tx: Tx, id: string): Promise<ManufacturerRow | null> {
    const [row] = await tx.query<ManufacturerRow>(`select ${columns} from manufacturers m where m.id = $1 for update`, [
      id,
    ]);
    return row ?? null;
  },

  /** As it stands while a device enrols by it: nobody can disable it meanwhile, and other devices do not wait. */
  async share(tx: Tx, id: string): Promise<Omit<ManufacturerRow, 'enrolled'> | null> {
    const [row] = await tx.query<ManufacturerRow>(`select ${bare} from manufacturers m where m.id = $1 for share`, [
      id,
    ]);
    return row ?? null;
  },

  /** Newest first (ids sort by time), older than `beforeId`. */
  list(tx: Tx, beforeId: string | null, limit: number): Promise<ManufacturerRow[]> {
    return tx.query<ManufacturerRow>(
      `select ${columns} from manufacturers m where $1::uuid is null or m.id < $1 order by m.id desc limit $2`,
      [beforeId, limit],
    );
  },

  async setChallenge(tx: Tx, id: string, challenge: string, expiresAt: Date): Promise<void> {
    await tx.execute('update manufacturers set challenge = $2, challenge_expires_at = $3 where id = $1', [
      id,
      challenge,
      expiresAt,
    ]);
  },

  /** Breaks `manufacturers_active_unique` when another tenant proved the same key before. */
  async prove(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.execute(
      `update manufacturers set state = 'active', proven_at = $2, challenge = null, challenge_expires_at = null
       where id = $1`,
      [id, now],
    );
  },

  async disable(tx: Tx, id: string): Promise<void> {
    await tx.execute(
      `update manufacturers set state = 'disabled', challenge = null, challenge_expires_at = null where id = $1`,
      [id],
    );
  },

  /**
   * Active ones over all tenants by subject key identifier, which anybody may write into a CA: so of each tenant only the
   * first two, or one tenant could crowd out another. Needs a system transaction: the tenant is being asked.
   */
  locate(tx: Tx, keyIds: readonly string[]): Promise<IssuerRow[]> {
    return tx.query<IssuerRow>(
      `select tenant_id as "tenantId", id, key_id as "keyId", certificate_pem as "certificatePem"
       from (select *, row_number() over (partition by tenant_id, key_id order by proven_at) as n from manufacturers
         where key_id = any($1::text[]) and state = 'active') m
       where n <= 2 order by proven_at limit 20`,
      [keyIds],
    );
  },
};
