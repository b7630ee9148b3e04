import { PlainDevice } from './plain-device.js';
import type { Stack } from './stack.js';

/** What became of the messages of one run: each was attempted once, however often it was sent. */
export interface Account {
  readonly attempted: number;
  /** Told to their device as committed. */
  readonly acknowledged: number;
  readonly stored: number;
  readonly quarantined: number;
  /** Acknowledged and neither stored nor quarantined, or never acknowledged at all. */
  readonly lost: number;
  /** Rows beyond the first of a message. */
  readonly duplicated: number;
  /** Sum of all values, which shows a message that was changed or taken for another. */
  readonly sum: number;
}

/** Counts in the database, by SQL that shares nothing with the code under test. */
export async function accountOf(stack: Stack, devices: readonly PlainDevice[], attempted: number): Promise<Account> {
  const [row] = await stack.database.system((tx) =>
    tx.query<{ rows: number; stored: number; sum: number; quarantined: number }>(
      `select count(*) as rows, count(distinct (device_key, seq_no)) as stored,
         coalesce(sum((select sum(v) from unnest(value) v)), 0) as sum,
         (select count(distinct (device_id, (convert_from(body, 'UTF8')::jsonb)->>'seqNo')) from dead_letters) as quarantined
       from messages where kind = 2`,
    ),
  );
  const waiting = devices.reduce((sum, device) => sum + device.unacknowledged, 0);
  const { rows, stored, sum, quarantined } = row!;
  return {
    attempted,
    acknowledged: attempted - waiting,
    stored,
    quarantined,
    lost: attempted - stored - quarantined,
    duplicated: rows - stored,
    sum,
  };
}

/** The account in one line, with how it came about. */
export function printAccount(what: string, account: Account, devices: readonly PlainDevice[], seconds: number): void {
  const { sum: _, ...counts } = account;
  const words = Object.entries(counts).map(([name, n]) => `${n} ${name}`);
  const total = (count: (device: PlainDevice) => number) => devices.reduce((all, device) => all + count(device), 0);
  const sends = total((device) => device.sends);
  console.log(
    `${what}: ${words.join(', ')}; ${sends} sends in ${total((device) => device.sessions)} sessions, ${seconds.toFixed(0)} s`,
  );
}

/** Devices with genuine certificates and nothing in their buffers. */
export async function enrolPlainFleet(stack: Stack, count: number): Promise<PlainDevice[]> {
  const token = await stack.enrollmentToken(count);
  const devices: PlainDevice[] = [];
  for (let n = 0; n < count; n += 20) {
    const serials = Array.from({ length: Math.min(20, count - n) }, (_, i) => `plain-${n + i}`);
    devices.push(...(await Promise.all(serials.map((serial) => PlainDevice.enrol(stack.deviceUrl, token, serial)))));
  }
  return devices;
}

export const unacknowledged = (devices: readonly PlainDevice[]): number =>
  devices.reduce((sum, device) => sum + device.unacknowledged, 0);
