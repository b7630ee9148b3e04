import type { Tx } from '../transaction.js';

/** What happened at one place with one certificate since it was last written down. */
export interface PlaceSeen {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly fingerprint: string;
  readonly address: string;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** Sessions opened. */
  readonly sessions: number;
  readonly connected: boolean;
}
export type SightingRow = Omit<PlaceSeen, 'tenantId' | 'deviceId'>;

/** Places of one device that are kept, the newest. */
const KEPT = 20;

/** Where identities are used. */
export const sightingStore = {
  /** Adds to what is known and forgets the oldest places beyond the bound. Needs a system transaction. */
  async keep(tx: Tx, seen: readonly PlaceSeen[]): Promise<void> {
    const sorted = seen.toSorted((a, b) => order(a) - order(b) || (key(a) < key(b) ? -1 : 1));
    const written = await tx.query<{ deviceId: string; fresh: boolean }>(
      `insert into device_sightings as s (tenant_id, device_id, fingerprint, address, first_at, last_at, sessions, connected)
       select u.* from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::int[],
         $8::bool[]) u(tenant_id, device_id, fingerprint, address, first_at, last_at, sessions, connected)
       join devices d on d.tenant_id = u.tenant_id and d.id = u.device_id
       order by u.tenant_id, u.device_id, u.fingerprint, u.address
       on conflict (tenant_id, device_id, fingerprint, address) do update set last_at = greatest(s.last_at, excluded.last_at),
         sessions = s.sessions + excluded.sessions, connected = excluded.connected
       returning s.device_id as "deviceId", s.xmax = 0 as fresh`,
      [
        sorted.map((one) => one.tenantId),
        sorted.map((one) => one.deviceId),
        sorted.map((one) => one.fingerprint),
        sorted.map((one) => one.address),
        sorted.map((one) => one.firstAt),
        sorted.map((one) => one.lastAt),
        sorted.map((one) => one.sessions),
        sorted.map((one) => one.connected),
      ],
    );
    await leaveOthers(
      tx,
      sorted.filter(({ connected }) => connected),
    );
    const grown = [...new Set(written.filter(({ fresh }) => fresh).map(({ deviceId }) => deviceId))];
    if (grown.length === 0) return;
    await tx.execute(
      `delete from device_sightings s using (
         select tenant_id, device_id, fingerprint, address,
           row_number() over (partition by tenant_id, device_id order by last_at desc, address) as place
         from device_sightings where device_id = any($1::uuid[])) r
       where (s.tenant_id, s.device_id, s.fingerprint, s.address) = (r.tenant_id, r.device_id, r.fingerprint, r.address)
         and r.place > ${KEPT}`,
      [grown],
    );
  },

  /** The places of a device: where it is now, then the one used last first. */
  list(tx: Tx, deviceId: string): Promise<SightingRow[]> {
    return tx.query<SightingRow>(
      `select s.fingerprint, s.address, s.first_at as "firstAt", s.last_at as "lastAt", s.sessions, s.connected
       from device_sightings s where s.device_id = $1 order by s.connected desc, s.last_at desc, s.address limit ${KEPT}`,
      [deviceId],
    );
  },
};

/** An identity has one session: where it is now it is alone, also when nobody saw it leave. */
const leaveOthers = async (tx: Tx, opened: readonly PlaceSeen[]): Promise<void> => {
  if (opened.length === 0) return;
  await tx.execute(
    `update device_sightings s set connected = false
     from unnest($1::text[], $2::uuid[], $3::timestamptz[]) n(tenant_id, device_id, at)
     where s.tenant_id = n.tenant_id and s.device_id = n.device_id and s.connected and s.last_at < n.at`,
    [opened.map((one) => one.tenantId), opened.map((one) => one.deviceId), opened.map((one) => one.lastAt)],
  );
};

const order = (one: PlaceSeen): number => (one.connected ? 1 : 0);
const key = (one: PlaceSeen): string => `${one.deviceId} ${one.fingerprint} ${one.address}`;
