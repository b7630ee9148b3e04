import type { CertificateSource, CertificateState } from '@muster/contracts/certificates/certificates.schema';
import type { DeviceState } from '@muster/contracts/devices/devices.schema';
import type { Tx } from '../transaction.js';

export interface NewCertificateRow {
  readonly id: string;
  readonly deviceId: string;
  readonly tokenId: string | null;
  readonly source: CertificateSource;
  /** The batch, manufacturer, registered key or approval; the certificate before it for a renewal. */
  readonly sourceId: string | null;
  readonly late: boolean;
  readonly serial: string;
  readonly fingerprint: string;
  readonly keyHash: string;
  readonly authorityId: string;
  readonly pem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface CertificateRow extends NewCertificateRow {
  readonly tenantId: string;
  readonly state: CertificateState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
  readonly since: Date;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly renewRequestedAt: Date | null;
  readonly sessionCutAt: Date | null;
  readonly handshakeRefusedAt: Date | null;
  readonly refusalProvenAt: Date | null;
  /** Generation of the authority. */
  readonly generation: number;
}

/** A certificate and how its device stands. */
export interface PresentedRow extends CertificateRow {
  readonly deviceState: DeviceState;
}

export interface CertificateChange {
  readonly state: CertificateState;
  readonly reasonCode: string | null;
  readonly reasonDetail: string | null;
}

/** Columns of `CertificateRow`, of `certificates c`. */
export const certificateColumns = `c.id, c.tenant_id as "tenantId", c.device_id as "deviceId", c.token_id as "tokenId", c.serial,
  c.fingerprint, c.key_hash as "keyHash", c.authority_id as "authorityId", c.state, c.reason_code as "reasonCode",
  c.reason_detail as "reasonDetail", c.since, c.pem, c.not_before as "notBefore", c.not_after as "notAfter",
  c.created_at as "createdAt", c.activated_at as "activatedAt", c.revoked_at as "revokedAt",
  c.renew_requested_at as "renewRequestedAt", c.session_cut_at as "sessionCutAt",
  c.handshake_refused_at as "handshakeRefusedAt", c.refusal_proven_at as "refusalProvenAt", c.source,
  c.source_id as "sourceId", c.late,
  (select a.generation from authorities a where a.id = c.authority_id) as generation`;

/** What was found out while it was on hold says nothing about the next time. */
const returns = `c.state = 'on_hold' and $2 in ('issued', 'active')`;

const unusedRenewal = `c.source = 'renewal' and c.activated_at is null and c.state in ('issued', 'on_hold')`;

/** Who holds sessions listens here: the id of a device, a space, and the fingerprint that is out. */
export const revokedChannel = 'muster_revoked';

/** Device certificates. The unique serial, fingerprint and (tenant, key) guard what no caller can check alone. */
export const certificateStore = {
  async insert(tx: Tx, certificate: NewCertificateRow, now: Date): Promise<CertificateRow> {
    const [row] = await certificateStore.insertAll(tx, [certificate], now);
    return row!;
  },

  /** Many at once, all or none; returned in the same order. */
  async insertAll(tx: Tx, certificates: readonly NewCertificateRow[], now: Date): Promise<CertificateRow[]> {
    const rows = await tx.query<CertificateRow>(
      `insert into certificates as c (tenant_id, state, since, created_at, id, device_id, token_id, serial, fingerprint,
         key_hash, authority_id, pem, not_before, not_after, source, source_id, late)
       select $1, 'issued', $2, $2, n.* from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[],
         $9::uuid[], $10::text[], $11::timestamptz[], $12::timestamptz[], $13::text[], $14::uuid[], $15::boolean[]) n
       returning ${certificateColumns}`,
      [
        tx.tenantId,
        now,
        certificates.map(({ id }) => id),
        certificates.map(({ deviceId }) => deviceId),
        certificates.map(({ tokenId }) => tokenId),
        certificates.map(({ serial }) => serial),
        certificates.map(({ fingerprint }) => fingerprint),
        certificates.map(({ keyHash }) => keyHash),
        certificates.map(({ authorityId }) => authorityId),
        certificates.map(({ pem }) => pem),
        certificates.map(({ notBefore }) => notBefore),
        certificates.map(({ notAfter }) => notAfter),
        certificates.map(({ source }) => source),
        certificates.map(({ sourceId }) => sourceId),
        certificates.map(({ late }) => late),
      ],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return certificates.map(({ id }) => byId.get(id)!);
  },

  /** By SHA-256 of its DER, with its device's state, locked. Needs a system transaction: the tenant is being asked. */
  async present(tx: Tx, fingerprint: string): Promise<PresentedRow | null> {
    const [row] = await tx.query<PresentedRow>(
      `select ${certificateColumns}, d.state as "deviceState" from certificates c
       join devices d on d.tenant_id = c.tenant_id and d.id = c.device_id where c.fingerprint = $1 for update of c`,
      [fingerprint],
    );
    return row ?? null;
  },

  /** As `present`, without the lock: for looking only. */
  async findByFingerprint(tx: Tx, fingerprint: string): Promise<PresentedRow | null> {
    const [row] = await tx.query<PresentedRow>(
      `select ${certificateColumns}, d.state as "deviceState" from certificates c
       join devices d on d.tenant_id = c.tenant_id and d.id = c.device_id where c.fingerprint = $1`,
      [fingerprint],
    );
    return row ?? null;
  },

  async find(tx: Tx, id: string): Promise<CertificateRow | null> {
    const [row] = await tx.query<CertificateRow>(`select ${certificateColumns} from certificates c where c.id = $1`, [
      id,
    ]);
    return row ?? null;
  },

  async lock(tx: Tx, id: string): Promise<CertificateRow | null> {
    const [row] = await tx.query<CertificateRow>(
      `select ${certificateColumns} from certificates c where c.id = $1 for update`,
      [id],
    );
    return row ?? null;
  },

  /** The certificate a key was ever used in, in this tenant; in a system transaction in any. */
  async findByKey(tx: Tx, keyHash: string): Promise<CertificateRow | null> {
    const [row] = await tx.query<CertificateRow>(
      `select ${certificateColumns} from certificates c where c.key_hash = $1 order by c.created_at limit 1`,
      [keyHash],
    );
    return row ?? null;
  },

  /** Newest first (ids sort by time), older than `beforeId`. */
  listOfDevice(tx: Tx, deviceId: string, beforeId: string | null, limit: number): Promise<CertificateRow[]> {
    return tx.query<CertificateRow>(
      `select ${certificateColumns} from certificates c where c.device_id = $1 and ($2::uuid is null or c.id < $2)
       order by c.id desc limit $3`,
      [deviceId, beforeId, limit],
    );
  },

  /** Given for a request that this certificate proved, and never used; locked. On hold counts, because it may come off it. */
  listUnusedAfter(tx: Tx, id: string): Promise<CertificateRow[]> {
    return tx.query<CertificateRow>(
      `select ${certificateColumns} from certificates c where ${unusedRenewal} and c.source_id = $1 for update`,
      [id],
    );
  },

  /** Whether a certificate was taken from the device since it was last given one; what was merely replaced does not count. */
  async isBarred(tx: Tx, deviceId: string): Promise<boolean> {
    const rows = await tx.query(
      `select 1 from certificates c where c.device_id = $1 and c.state = 'revoked'
         and c.reason_code is distinct from 'superseded' and not exists
           (select 1 from certificates n where n.device_id = $1 and n.id > c.id and n.created_at >= c.revoked_at) limit 1`,
      [deviceId],
    );
    return rows.length > 0;
  },

  /** Every certificate of the device that could still open a session, newest first. */
  listLive(tx: Tx, deviceId: string): Promise<CertificateRow[]> {
    return tx.query<CertificateRow>(
      `select ${certificateColumns} from certificates c where c.device_id = $1
         and c.state in ('issued', 'active', 'superseded', 'on_hold')
       order by c.id desc`,
      [deviceId],
    );
  },

  /** Moves a certificate along its life; the caller holds its lock and has asked the machine. */
  async setState(tx: Tx, id: string, change: CertificateChange, now: Date): Promise<CertificateRow> {
    const [row] = await tx.query<CertificateRow>(
      `update certificates c set state = $2, reason_code = $3, reason_detail = $4, since = $5,
         activated_at = case when $2 = 'active' then coalesce(c.activated_at, $5) else c.activated_at end,
         revoked_at = case when $2 = 'revoked' then $5 else c.revoked_at end,
         session_cut_at = case when ${returns} then null else c.session_cut_at end,
         handshake_refused_at = case when ${returns} then null else c.handshake_refused_at end,
         refusal_proven_at = case when ${returns} then null else c.refusal_proven_at end
       where c.id = $1 returning ${certificateColumns}`,
      [id, change.state, change.reasonCode, change.reasonDetail, now],
    );
    return row!;
  },

  /**
   * Revokes every live certificate of a selection of the tenant. Their devices are locked first, in one order, as everybody
   * does who changes both.
   */
  async revokeSelected(
    tx: Tx,
    selection: { readonly certificateIds?: readonly string[] | undefined; readonly authorityId?: string | undefined },
    { reason, comment }: { readonly reason: string; readonly comment: string | null },
    now: Date,
  ): Promise<CertificateRow[]> {
    const { certificateIds = null, authorityId = null } = selection;
    if (certificateIds === null && authorityId === null) return [];
    // With certificates that were named go the ones they were renewed to and that nobody used, as with one alone.
    const chosen = `((c.state in ('issued', 'active', 'superseded', 'on_hold')
      and ($1::uuid[] is null or c.id = any($1::uuid[])) and ($2::uuid is null or c.authority_id = $2))
      or ($3 <> 'superseded' and $2::uuid is null and ${unusedRenewal} and c.source_id = any($1::uuid[])))`;
    await tx.execute(
      `select 1 from devices where id in (select device_id from certificates c where ${chosen}) order by id for update`,
      [certificateIds, authorityId, reason],
    );
    return tx.query<CertificateRow>(
      `update certificates c set state = 'revoked', reason_code = $3, reason_detail = $4, since = $5, revoked_at = $5
       where ${chosen} returning ${certificateColumns}`,
      [certificateIds, authorityId, reason, comment, now],
    );
  },

  /** Tells, on commit, whoever holds sessions: at once, while the letters still wait for their turn. */
  async announceRevoked(tx: Tx, rows: readonly { deviceId: string; fingerprint: string }[]): Promise<void> {
    await tx.query(
      `select pg_notify($1, device_id || ' ' || fingerprint) from unnest($2::text[], $3::text[]) r (device_id, fingerprint)`,
      [revokedChannel, rows.map(({ deviceId }) => deviceId), rows.map(({ fingerprint }) => fingerprint)],
    );
  },

  /** Opens the renewal window of a device's certificate at once. */
  async requestRenewal(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.execute('update certificates set renew_requested_at = coalesce(renew_requested_at, $2) where id = $1', [
      id,
      now,
    ]);
  },

  /** Records that no session of a revoked certificate is left; the first time stays. */
  async markSessionCut(tx: Tx, id: string, now: Date): Promise<boolean> {
    const cut = await tx.execute(
      'update certificates set session_cut_at = $2 where id = $1 and session_cut_at is null',
      [id, now],
    );
    return cut === 1;
  },

  /** Records that a certificate that is out was turned away; the first time stays. */
  async markHandshakeRefused(tx: Tx, id: string, now: Date): Promise<void> {
    await tx.execute(
      'update certificates set handshake_refused_at = $2 where id = $1 and handshake_refused_at is null',
      [id, now],
    );
  },

  /** Those of `fingerprints` whose sessions must end: revoked, on hold, or of a device that is out. Needs a system transaction. */
  async listOut(tx: Tx, fingerprints: readonly string[]): Promise<string[]> {
    const rows = await tx.query<{ fingerprint: string }>(
      `select c.fingerprint from certificates c join devices d on d.tenant_id = c.tenant_id and d.id = c.device_id
       where c.fingerprint = any($1::text[])
         and (c.state in ('revoked', 'on_hold') or d.state not in ('active', 'maintenance'))`,
      [fingerprints],
    );
    return rows.map(({ fingerprint }) => fingerprint);
  },

  /** Superseded for longer than the overlap: what the sweep revokes. Needs a system transaction. */
  listOverlapped(tx: Tx, supersededBefore: Date, limit: number): Promise<CertificateRow[]> {
    return tx.query<CertificateRow>(
      `select ${certificateColumns} from certificates c where c.state = 'superseded' and c.since < $1
       order by c.since limit $2 for update skip locked`,
      [supersededBefore, limit],
    );
  },

  /** Past its end: what the sweep expires. Needs a system transaction. */
  listEnded(tx: Tx, now: Date, limit: number): Promise<CertificateRow[]> {
    return tx.query<CertificateRow>(
      `select ${certificateColumns} from certificates c where c.state in ('issued', 'active', 'on_hold') and c.not_after < $1
       order by c.not_after limit $2 for update skip locked`,
      [now, limit],
    );
  },

  /** Records that a revoked certificate is refused wherever it could open a session; the first time stays. */
  async markRefusalProven(tx: Tx, id: string, now: Date): Promise<boolean> {
    const proven = await tx.execute(
      `update certificates set refusal_proven_at = $2
       where id = $1 and refusal_proven_at is null and state in ('revoked', 'on_hold')`,
      [id, now],
    );
    return proven === 1;
  },
};
