import type { Tx } from '../transaction.js';
import type { NewDeadLetter } from './dead-letter.store.js';

/** Open dead letters of one device, and of one tenant, in number and in bytes of their bodies. */
export const deadLetterLimits = {
  device: { letters: 10_000, bytes: 32 * 1024 * 1024 },
  tenant: { letters: 200_000, bytes: 512 * 1024 * 1024 },
} as const;

export interface Allowance {
  readonly letters: number;
  readonly bytes: number;
}

interface Tally {
  readonly deviceId: string;
  readonly open: number;
  readonly bytes: number;
}

/** How many dead letters there may be. Counted by device beside them, because counting them for each new one would grow with them. */
export const deadLetterLimitsStore = {
  /** Takes the letters into the tallies of their devices; answers which are beyond the limit, by index. */
  async admit(tx: Tx, letters: readonly NewDeadLetter[], limit: Allowance): Promise<Set<number>> {
    const wanted = new Map<string, { tenant: string | null; open: number; bytes: number }>();
    for (const { deviceId, tenant, payload } of letters) {
      if (deviceId === null) continue;
      const sum = wanted.get(deviceId) ?? { tenant, open: 0, bytes: 0 };
      sum.open++;
      sum.bytes += payload.length;
      wanted.set(deviceId, sum);
    }
    if (wanted.size === 0) return new Set();
    const before = await charge(tx, wanted);
    const beyond = new Set<number>();
    const excess = new Map<string, { open: number; bytes: number }>();
    for (const [index, { deviceId, payload }] of letters.entries()) {
      const tally = deviceId === null ? undefined : before.get(deviceId);
      if (tally === undefined) continue;
      if (tally.open < limit.letters && tally.bytes + payload.length <= limit.bytes) {
        tally.open++;
        tally.bytes += payload.length;
        continue;
      }
      beyond.add(index);
      const sum = excess.get(deviceId!) ?? { open: 0, bytes: 0 };
      excess.set(deviceId!, { open: sum.open + 1, bytes: sum.bytes + payload.length });
    }
    if (excess.size > 0) await discharge(tx, excess);
    return beyond;
  },

  /** Counts anew what is open of some devices, after letters of theirs were resolved. */
  async recount(tx: Tx, deviceIds: readonly string[]): Promise<void> {
    await tx.execute(
      `update dead_letter_tallies t set open = coalesce(c.n, 0), bytes = coalesce(c.bytes, 0)
       from unnest($1::uuid[]) as device (id) left join lateral (
         select count(*)::int as n, sum(octet_length(d.body)) as bytes from dead_letters d
         where d.device_id = device.id and d.state = 'open' and not d.summary) c on true
       where t.device_id = device.id`,
      [[...new Set(deviceIds)]],
    );
  },

  /**
   * Forgets what was resolved before `before`, and of each tenant what is beyond its allowance: the resolved ones first,
   * then the oldest. Counts every device anew. Needs a system transaction; returns how many went.
   */
  async prune(tx: Tx, before: Date, limit: Allowance): Promise<number> {
    const resolved = await tx.execute(`delete from dead_letters where state <> 'open' and resolved_at < $1`, [before]);
    const excess = await tx.execute(
      `delete from dead_letters where id in (
         select id from (
           select id, row_number() over newest as n, sum(octet_length(body)) over newest as bytes from dead_letters
           window newest as (partition by tenant_id order by state = 'open' desc, id desc rows unbounded preceding)) ranked
         where n > $1 or bytes > $2)`,
      [limit.letters, limit.bytes],
    );
    await tx.execute(
      `update dead_letter_tallies t set open = coalesce(c.n, 0), bytes = coalesce(c.bytes, 0)
       from dead_letter_tallies known left join (
         select device_id, count(*)::int as n, sum(octet_length(body)) as bytes from dead_letters
         where state = 'open' and not summary and device_id is not null group by device_id) c using (device_id)
       where t.device_id = known.device_id`,
    );
    await tx.execute('delete from dead_letter_tallies where open = 0');
    return resolved + excess;
  },
};

/** Adds to the tallies, in order of their key so that two processes cannot lock each other out; answers what was there before. */
const charge = async (
  tx: Tx,
  wanted: ReadonlyMap<string, { tenant: string | null; open: number; bytes: number }>,
): Promise<Map<string, { open: number; bytes: number }>> => {
  const sums = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = await tx.query<Tally>(
    `insert into dead_letter_tallies as t (device_id, tenant_id, open, bytes)
     select * from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[])
     on conflict (device_id) do update set open = t.open + excluded.open, bytes = t.bytes + excluded.bytes
     returning device_id as "deviceId", open, bytes`,
    [
      sums.map(([deviceId]) => deviceId),
      sums.map(([, { tenant }]) => tenant),
      sums.map(([, { open }]) => open),
      sums.map(([, { bytes }]) => bytes),
    ],
  );
  return new Map(
    rows.map(({ deviceId, open, bytes }) => {
      const mine = wanted.get(deviceId)!;
      return [deviceId, { open: open - mine.open, bytes: Number(bytes) - mine.bytes }];
    }),
  );
};

const discharge = (tx: Tx, excess: ReadonlyMap<string, { open: number; bytes: number }>): Promise<number> =>
  tx.execute(
    `update dead_letter_tallies t set open = t.open - x.open, bytes = t.bytes - x.bytes
     from unnest($1::uuid[], $2::int[], $3::bigint[]) as x (device_id, open, bytes) where t.device_id = x.device_id`,
    [[...excess.keys()], [...excess.values()].map(({ open }) => open), [...excess.values()].map(({ bytes }) => bytes)],
  );
