import { request } from 'node:https';
import {
  listDeviceCertificates,
  requestRenewal,
  revokeCertificate,
} from '@muster/contracts/certificates/certificates.routes';
import { IdentityStore } from '@muster/device-agent/identity/identity-store';
import { realTempo, SimulatedDevice } from '@muster/fleet-sim/simulated-device';
import { generateDeviceKey } from '@muster/pki/client/device-key';
import { writeRequest } from '@muster/pki/client/write-request';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { describe, expect, inject, it } from 'vitest';
import { Stack } from '../stack/stack.js';

const place = { solarOffsetH: 0, sunshine: 0.8, temperatureC: 12 };
/** Several readings a second, so that a gap of a moment would show in the numbers. */
const EVERY_MS = 100;
const SILENCE_MS = 5_000;

const startDevice = async (stack: Stack, serial: string): Promise<SimulatedDevice> => {
  const token = await stack.enrollmentToken(1);
  const description = { model: 'gw-1', serial, hardwareRevision: 'A' };
  const plan = { description, url: stack.deviceUrl, token, site: 'north', place, firmwareVersion: '1.0.0' };
  const backoff = { baseMs: 200, capMs: 1_000, stableMs: 1_000 };
  const device = new SimulatedDevice(plan, 9, { ...realTempo, telemetryS: 3600, agent: { lingerMs: 0, backoff } });
  await device.start();
  await assertEventually(() => expect(device.online).toBe(true));
  return device;
};

/** The readings of this journey; the device measures itself as well. */
const stored = async (stack: Stack, deviceId: string) => {
  const [row] = await stack.database.system((tx) =>
    tx.query<{ messages: number; distinct: number; newest: number | null }>(
      `select count(*)::int as messages, count(distinct seq_no)::int as distinct, max(seq_no) as newest
       from messages m join devices d on d.device_key = m.device_key
       where d.id = $1 and m.kind = 2
         and (select id from metrics where tenant_id = d.tenant_id and key = 'load') = any(m.metric)`,
      [deviceId],
    ),
  );
  return row!;
};

const certificatesOf = async (stack: Stack, deviceId: string) =>
  (await stack.client.call(listDeviceCertificates, { params: { deviceId } })).items;

/** Sends a reading every moment until it is stopped; says how many the device took. */
const stream = (device: SimulatedDevice) => {
  let offered = 0;
  const timer = setInterval(() => {
    void device.agent?.offerTelemetry({ readings: [{ values: { load: offered } }] });
    offered++;
  }, EVERY_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return offered;
    },
  };
};

describe.each(['embedded', 'mosquitto'] as const)('a certificate, with the %s broker', (broker) => {
  it('rotates while telemetry flows: a new key, no reading lost, the old one out', async () => {
    await using stack = await Stack.start({ cluster: inject('postgres'), broker });
    const device = await startDevice(stack, 'rotating');
    const deviceId = device.deviceId!;
    const before = (await IdentityStore.open(device.files))!.identity;
    const telemetry = stream(device);
    try {
      await assertEventually(async () => expect((await stored(stack, deviceId)).messages).toBeGreaterThan(10));
      await stack.client.call(requestRenewal, { params: { deviceId } });
      const [next, old] = await assertEventually(
        async () => {
          const list = await certificatesOf(stack, deviceId);
          expect(list.map(({ state }) => state)).toEqual(['active', 'superseded']);
          return list;
        },
        { within: 30_000 },
      );
      expect(next?.serial).not.toBe(old?.serial);
      const during = (await stored(stack, deviceId)).messages;
      await assertEventually(async () => expect((await stored(stack, deviceId)).messages).toBeGreaterThan(during + 10));
      const after = await assertEventually(async () => {
        const identity = (await IdentityStore.open(device.files))!;
        expect(identity.renewing).toBe(false);
        return identity.identity;
      });
      expect(after.key).not.toBe(before.key);
      expect(after.deviceId).toBe(before.deviceId);
    } finally {
      const offered = telemetry.stop();
      await assertEventually(() => expect(device.backlog).toBe(0), { within: 20_000 });
      const counts = await stored(stack, deviceId);
      console.log(
        `rotation, ${broker}: ${offered} readings offered, ${counts.messages} stored, ${counts.distinct} distinct`,
      );
      expect(counts.messages).toBe(offered);
      expect(counts.distinct).toBe(offered);
      await device.stop();
    }
  });

  it('that is revoked ends its session within two seconds and opens none afterwards', async () => {
    await using stack = await Stack.start({ cluster: inject('postgres'), broker });
    const [revoked, other] = [await startDevice(stack, 'revoked'), await startDevice(stack, 'bystander')];
    const deviceId = revoked.deviceId!;
    const telemetry = [stream(revoked), stream(other)];
    try {
      await assertEventually(async () => expect((await stored(stack, deviceId)).messages).toBeGreaterThan(10));
      const [certificate] = await certificatesOf(stack, deviceId);
      const started = performance.now();
      const body = { reason: 'keyCompromise' as const };
      await stack.client.call(revokeCertificate, { params: { certificateId: certificate!.id }, body });
      await assertEventually(() => expect(revoked.online).toBe(false), { within: 2_000, every: 5 });
      const cutMs = Math.round(performance.now() - started);
      const facts = await assertEventually(async () => {
        const [row] = await certificatesOf(stack, deviceId);
        expect(row?.sessionCutAt).not.toBeNull();
        // Mosquitto refuses by itself and tells nobody.
        if (broker === 'embedded') expect(row?.handshakeRefusedAt).not.toBeNull();
        // It is proven all the same: by another certificate of the same list, which the broker turns away.
        expect(row?.refusalProvenAt).not.toBeNull();
        return row!;
      });
      const provenMs = Date.parse(facts.refusalProvenAt!) - Date.parse(facts.revokedAt!);
      const refused = facts.handshakeRefusedAt && Date.parse(facts.handshakeRefusedAt) - Date.parse(facts.revokedAt!);
      console.log(
        `revocation, ${broker}: session cut after ${cutMs} ms, next handshake refused after ${refused ?? '?'} ms, proven after ${provenMs} ms`,
      );
      expect(cutMs).toBeLessThan(2_000);
      await assertEventually(() => expect(performance.now() - started).toBeGreaterThan(2_000));
      expect(revoked.online).toBe(false);

      // It goes on trying with the same key; nothing of it arrives while its neighbour goes on.
      const [mine, theirs] = [await stored(stack, deviceId), await stored(stack, other.deviceId!)];
      const until = performance.now() + SILENCE_MS;
      await assertEventually(async () => {
        expect(revoked.online).toBe(false);
        expect((await stored(stack, other.deviceId!)).messages).toBeGreaterThan(theirs.messages + 20);
        expect(performance.now()).toBeGreaterThan(until);
      });
      expect(await stored(stack, deviceId)).toEqual(mine);
      expect(await renewOver(stack, revoked)).toBe('certificate_revoked');
    } finally {
      for (const one of telemetry) one.stop();
      await Promise.all([revoked.stop(false), other.stop()]);
    }
  });
});

/** Asks for a new certificate with the one the device has; answers the code of the refusal. */
const renewOver = async (stack: Stack, device: SimulatedDevice): Promise<string | undefined> => {
  const { key, certificate, root, deviceId } = (await IdentityStore.open(device.files))!.identity;
  const body = JSON.stringify({ csr: writeRequest(generateDeviceKey(), deviceId) });
  return new Promise((resolve, reject) => {
    const url = new URL('/device/v1/renew', stack.deviceUrl);
    const headers = { 'content-type': 'application/json' };
    const call = request(url, { method: 'POST', headers, key, cert: certificate, ca: root }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve((JSON.parse(text) as { code?: string }).code));
    });
    call.once('error', reject).end(body);
  });
};
