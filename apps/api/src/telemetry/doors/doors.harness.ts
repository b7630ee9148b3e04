/** For tests: the device door with everything that takes uplinks, real devices with real certificates, and what was stored. */
import { systemClock } from '@muster/runtime/clock/clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pg from 'pg';
import { Registry } from 'prom-client';
import { type ClientIdentity, identityOf, newRequest, openDoorHarness } from '../../device-door/door.harness.js';
import { DeviceDoorsModule } from './device-doors.module.js';
import type { DoorLimits } from './door-limits.js';

export interface DoorDevice {
  readonly deviceId: string;
  readonly as: ClientIdentity;
}

export interface StoredMessage {
  readonly seqNo: number;
  readonly kind: number;
  readonly place: string | null;
  readonly producedAt: Date;
  readonly schemaVersion: number;
  readonly flags: number;
  readonly dtMs: number[];
  readonly keys: string[];
  readonly value: number[];
  readonly quality: number[] | null;
  readonly extra: unknown;
}

export const openDoors = async (limits: Partial<DoorLimits> = {}, settings: object = {}) => {
  const test: TestDatabase = await testDatabase();
  const metrics = new Registry();
  const deviceSlices = [DeviceDoorsModule.with({ streamAckMs: 50, ...limits })];
  const door = await openDoorHarness(test.database, systemClock, [], { deviceSlices, metrics, settings });
  let serial = 0;

  const enrol = async (): Promise<DoorDevice> => {
    const { key, csr } = newRequest();
    const { token } = await door.token();
    const answer = (await door.enroll(token, { csr, model: 'gw-1', serial: `S-${++serial}` })).json();
    return { deviceId: answer.deviceId, as: identityOf(key, answer) };
  };
  const stored = (deviceId: string): Promise<StoredMessage[]> =>
    test.database.system((tx) =>
      tx.query<StoredMessage>(
        `select m.seq_no as "seqNo", m.kind, p.path as place, m.produced_at as "producedAt",
           m.schema_version as "schemaVersion", m.flags, m.dt_ms as "dtMs", m.value, m.quality, m.extra,
           array(select k.key from unnest(m.metric) with ordinality as x (id, n) join metrics k on k.id = x.id order by n) as keys
         from messages m join devices d using (device_key) left join places p on p.id = m.place_id
         where d.id = $1 order by m.kind, m.seq_no`,
        [deviceId],
      ),
    );
  const dead = (deviceId: string): Promise<{ reason: string; topic: string; body: Buffer }[]> =>
    test.database.system((tx) =>
      tx.query('select reason, topic, body from dead_letters where device_id = $1 order by id', [deviceId]),
    );
  const certificates = async (deviceId: string): Promise<{ id: string; state: string }[]> =>
    (await door.people.as('viewer').get(`/devices/${deviceId}/certificates`)).json().items;
  const revoke = async (deviceId: string): Promise<void> => {
    const [certificate] = await certificates(deviceId);
    await door.people.as('owner').post(`/certificates/${certificate!.id}/revoke`, { reason: 'keyCompromise' });
  };
  /** Runs `work` while nobody can reach the database; connections that stood are cut. */
  const withoutDatabase = async <T>(work: () => Promise<T>): Promise<T> => {
    const owner = new pg.Client({ connectionString: test.ownerUrl });
    await owner.connect();
    const allow = (most: number) => owner.query(`alter database ${test.name} connection limit ${most}`);
    try {
      await allow(0);
      await owner.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      return await work();
    } finally {
      await allow(-1);
      await owner.end();
    }
  };
  const close = async () => {
    await door.close();
    await test.drop();
  };
  return { test, door, metrics, enrol, stored, dead, certificates, revoke, withoutDatabase, close };
};

export type Doors = Awaited<ReturnType<typeof openDoors>>;

/** A whole telemetry message; the same from whichever door. */
export const telemetryOf = (deviceId: string, seqNo: number, more: object = {}) => ({
  msgId: `t.${seqNo}`,
  deviceId,
  seqNo,
  producedAt: new Date(Date.now() - 1_000 + seqNo).toISOString(),
  schemaVersion: 1,
  epoch: 2,
  readings: [{ dtMs: -500, values: { power_w: 12.5, temp_c: 21 } }, { values: { power_w: null, temp_c: 22.5 } }],
  ...more,
});
