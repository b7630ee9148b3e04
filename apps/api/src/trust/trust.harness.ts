/** For tests: the door harness with the trust slice, two people who agree, and the fleet's acknowledgements. */
import { X509Certificate } from 'node:crypto';
import type { Role } from '@muster/contracts/access/permissions';
import type { Rollover, TrustChangeInput } from '@muster/contracts/trust/trust.schema';
import { acknowledgementStore } from '@muster/persistence/trust/acknowledgement.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { bundleStore } from '@muster/persistence/trust/bundle.store';
import type { FakeClock } from '@muster/testkit/fake-clock';
import type { TestDatabase } from '@muster/testkit/postgres';
import type { Type } from '@nestjs/common';
import { renewTls } from '../device-door/device.app.js';
import { type ClientIdentity, identityOf, newRequest, openDoorHarness } from '../device-door/door.harness.js';
import { DeviceTrustModule } from './device-trust.module.js';
import { TrustModule } from './trust.module.js';

export const tenant = 'acme';

export const openTrustHarness = async (test: TestDatabase, clock: FakeClock, more: readonly Type[] = []) => {
  const door = await openDoorHarness(test.database, clock, [TrustModule, ...more], {
    deviceSlices: [DeviceTrustModule],
  });
  const as = (role: Role) => door.people.as(role);
  const propose = (change: TrustChangeInput, role: Role = 'admin') => as(role).post('/trust/changes', { change });
  const approve = (id: string, role: Role = 'owner') => as(role).post(`/trust/changes/${id}/approve`);
  const system = test.database.system.bind(test.database);
  let serial = 0;

  return {
    door,
    as,
    propose,
    approve,
    /** Asked for by the admin, approved by the owner; the body of the approval's answer. */
    agree: async (change: TrustChangeInput) => {
      const asked = await propose(change);
      if (asked.statusCode !== 201) throw new Error(`${change.kind}: ${asked.body}`);
      const answer = await approve(asked.json().id);
      if (answer.statusCode !== 200) throw new Error(`${change.kind}: ${answer.body}`);
      return answer.json();
    },
    rollover: async (): Promise<Rollover> => (await as('viewer').get('/trust/rollovers')).json().items[0],
    /** A device over the door, seen now, that has acknowledged the newest bundle. */
    enrol: async (acknowledges = true) => {
      const { key, csr } = newRequest();
      const { token } = await door.token();
      const enrolled = await door.enroll(token, { csr, model: 'gw-1', serial: `S${++serial}` });
      if (enrolled.status !== 200) throw new Error(enrolled.text);
      const answer = enrolled.json();
      const device = { id: answer.deviceId as string, answer, as: identityOf(key, answer) as ClientIdentity };
      await system((tx) =>
        tx.execute(
          `insert into device_state (device_key, tenant_id, device_id, last_seen_at)
           select device_key, tenant_id, id, $2 from devices where id = $1
           on conflict (device_key) do update set last_seen_at = excluded.last_seen_at`,
          [device.id, clock.now()],
        ),
      );
      if (acknowledges) await acknowledge(device.id);
      return device;
    },
    acknowledge: (deviceId: string) => acknowledge(deviceId),
    /** Every device has taken the newest bundle. */
    acknowledgeAll: async () => {
      const devices = await system((tx) => tx.query<{ id: string }>('select id from devices'));
      for (const { id } of devices) await acknowledge(id);
    },
    bundles: () => system((tx) => bundleStore.after(tx, tenant, 0, 1000)),
    states: async (kind: 'root' | 'device') => {
      const rows = await system((tx) => authorityStore.listVisible(tx, tenant));
      return rows
        .filter((row) => row.kind === kind)
        .reverse()
        .map(({ state }) => state);
    },
    /** As the trust channel has the process do: files and certificates anew. Answers what brokers and servers have then. */
    refresh: async () => {
      const tls = await door.identity.files.refresh();
      renewTls(door.app, tls);
      return tls;
    },
    /** Whether the device is let in with its certificate. */
    isLetIn: async (device: { as: ClientIdentity }) =>
      (await door.send('GET', '/device/v1/trust-bundles', { as: device.as })).status === 200,
    generationOf: async (pem: string) => {
      const issuer = new X509Certificate(pem).issuer;
      return Number(/(\d+)$/.exec(issuer)![1]);
    },
    close: () => door.close(),
  };

  async function acknowledge(deviceId: string): Promise<void> {
    await system(async (tx) => {
      const { number } = (await bundleStore.newest(tx, tenant))!;
      await acknowledgementStore.record(tx, tenant, deviceId, number, clock.now());
    });
  }
};

export type TrustHarness = Awaited<ReturnType<typeof openTrustHarness>>;
