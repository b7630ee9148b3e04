import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addMember } from '@muster/contracts/access/access.routes';
import { listDeviceCertificates } from '@muster/contracts/certificates/certificates.routes';
import {
  approveTrustChange,
  listAuthorities,
  listRollovers,
  listStragglers,
  proposeTrustChange,
} from '@muster/contracts/trust/trust.routes';
import type { TrustChangeInput } from '@muster/contracts/trust/trust.schema';
import { realTempo, SimulatedDevice } from '@muster/fleet-sim/simulated-device';
import { ApiClient } from '@muster/launcher/demo/api-client';
import { makeSignInLink } from '@muster/launcher/sign-in';
import { splitBundle } from '@muster/pki/der/pem';
import { openssl } from '@muster/pki/fixtures/openssl';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { describe, expect, inject, it } from 'vitest';
import { Stack } from '../stack/stack.js';

const within = { within: 60_000, every: 200 };

const startDevice = async (stack: Stack, serial: string, token: string): Promise<SimulatedDevice> => {
  const place = { solarOffsetH: 0, sunshine: 0.8, temperatureC: 12 };
  const description = { model: 'gw-1', serial, hardwareRevision: 'A' };
  const plan = { description, url: stack.deviceUrl, token, site: 'north', place, firmwareVersion: '1.0.0' };
  const backoff = { baseMs: 200, capMs: 1_000, stableMs: 1_000 };
  const device = new SimulatedDevice(plan, 19, { ...realTempo, telemetryS: 3600, agent: { lingerMs: 0, backoff } });
  await device.start();
  await assertEventually(() => expect(device.online).toBe(true), within);
  return device;
};

/** Two people of the installation: what one asks for the other approves. */
const twoPeople = async (stack: Stack) => {
  const ada = { name: 'Ada', email: 'ada@example.com', role: 'approver' } as const;
  await stack.client.call(addMember, { body: ada });
  const { baseUrl } = stack.client;
  const second = await ApiClient.signIn(baseUrl, await makeSignInLink(stack.testDatabase.ownerUrl, baseUrl, ada.email));
  return {
    refused: async (change: TrustChangeInput) =>
      (await stack.client.attempt(proposeTrustChange, { body: { change } })).body as unknown as { code: string },
    agree: async (change: TrustChangeInput) => {
      const { id } = await stack.client.call(proposeTrustChange, { body: { change } });
      return second.call(approveTrustChange, { params: { changeId: id } });
    },
  };
};

const rolloverOf = async (stack: Stack) => (await stack.client.call(listRollovers)).items[0]!;
const gateOpens = (stack: Stack) =>
  assertEventually(async () => {
    const rollover = await rolloverOf(stack);
    expect(rollover.gate).toMatchObject({ open: true, acknowledged: rollover.gate.seen });
    return rollover;
  }, within);
const generationOf = async (stack: Stack, { deviceId }: SimulatedDevice) => {
  const { items } = await stack.client.call(listDeviceCertificates, { params: { deviceId: deviceId! } });
  return items.find(({ state }) => state === 'active')?.generation;
};
const rootsOf = async (stack: Stack) =>
  (await stack.client.call(listAuthorities)).items
    .filter(({ kind }) => kind === 'root')
    .sort((a, b) => a.generation - b.generation);
const presented = (stack: Stack, name: 'api' | 'broker') =>
  readFileSync(join(stack.home, 'data', 'tls', `${name}.crt`), 'utf8');

/** OpenSSL on a chain a server presents, for somebody who trusts one root alone. */
const verify = (bundle: string, root: string): string => {
  const [leaf = '', ...chain] = splitBundle(bundle);
  const files = { leaf, root, chain: chain.join('') };
  const args = ['-x509_strict', '-purpose', 'sslserver', '-CAfile', '@root', '-untrusted', '@chain', '@leaf'];
  return openssl(files, 'verify', ...args).output;
};

describe.each(['embedded', 'mosquitto'] as const)('a live fleet, with the %s broker', (broker) => {
  it('moves to a new device authority and to a new root, and back, with every device online at the end', async () => {
    await using stack = await Stack.start({ cluster: inject('postgres'), broker });
    const { agree, refused } = await twoPeople(stack);
    const token = await stack.enrollmentToken(10);
    const fleet = await Promise.all(['a', 'b', 'c', 'd'].map((serial) => startDevice(stack, serial, token)));
    const everybodyOnline = () =>
      assertEventually(() => expect(fleet.map(({ online }) => online)).toEqual(fleet.map(() => true)), within);
    const reconnect = async () => {
      for (const device of fleet) await device.stop();
      for (const device of fleet) await device.start();
      await everybodyOnline();
    };
    try {
      await assertEventually(async () => {
        const rows = await stack.database.system((tx) => tx.query('select from trust_acknowledgements'));
        expect(rows).toHaveLength(fleet.length);
      }, within);

      // One device is away when the new device authority is distributed.
      const [away] = fleet;
      const awayId = away!.deviceId;
      await away!.stop();
      await agree({ kind: 'start_rollover', authority: 'device' });
      const { id: first } = await rolloverOf(stack);
      await agree({ kind: 'distribute', rolloverId: first });
      const { bundle } = await assertEventually(async () => {
        const rollover = await rolloverOf(stack);
        expect(rollover.gate).toMatchObject({ seen: 4, acknowledged: 3, open: false });
        return rollover;
      }, within);
      const { items } = await stack.client.call(listStragglers, { params: { number: bundle } });
      expect(items.map(({ deviceId }) => deviceId)).toEqual([awayId]);
      const change = { kind: 'switch_issuing', rolloverId: first, share: 100 } as const;
      expect((await refused(change)).code).toBe('gate_closed');

      await away!.start();
      await gateOpens(stack);
      await agree(change);
      await assertEventually(async () => {
        expect(await Promise.all(fleet.map((device) => generationOf(stack, device)))).toEqual([2, 2, 2, 2]);
      }, within);
      expect((await refused({ kind: 'retire', rolloverId: first })).code).toBe('transition_refused');
      // The quarter of an hour in which a device could still go back to its old certificate is over.
      await stack.database.system((tx) =>
        tx.execute(`update certificates set since = since - interval '1 hour' where state = 'superseded'`),
      );
      await assertEventually(async () => expect((await rolloverOf(stack)).certificatesOnOld).toBe(0), within);
      await agree({ kind: 'retire', rolloverId: first });
      await reconnect();

      // The root: distributed, known to all, presented, taken back, and for good the second time.
      for (const attempt of ['taken back', 'for good'] as const) {
        await agree({ kind: 'start_rollover', authority: 'root' });
        const { id: rolloverId } = await rolloverOf(stack);
        await agree({ kind: 'distribute', rolloverId });
        await gateOpens(stack);
        await agree({ kind: 'switch_issuing', rolloverId, share: 100 });
        const roots = await rootsOf(stack);
        const [old, next] = [roots[0]!, roots.at(-1)!];
        await assertEventually(() => {
          for (const name of ['api', 'broker'] as const)
            for (const root of [old, next]) expect(verify(presented(stack, name), root.pem)).toMatch(/: OK/);
          expect(splitBundle(presented(stack, 'api'))).toContain(next.pem);
        }, within);
        await reconnect();
        fleet.push(await startDevice(stack, `with a token from before, ${attempt}`, token));
        if (attempt === 'taken back') {
          await agree({ kind: 'roll_back', rolloverId });
          await reconnect();
          expect((await rootsOf(stack)).map(({ state }) => state)).toEqual(['issuing', 'retiring']);
        } else {
          await assertEventually(async () => expect((await rolloverOf(stack)).nextSteps).toContain('retire'), within);
          await agree({ kind: 'retire', rolloverId });
          await assertEventually(() => expect(splitBundle(presented(stack, 'api'))).not.toContain(old.pem), within);
          await reconnect();
        }
      }
      expect((await rootsOf(stack)).map(({ state }) => state)).toEqual(['retired', 'retiring', 'issuing']);
      fleet.push(await startDevice(stack, 'newcomer', await stack.enrollmentToken(1)));
      await everybodyOnline();
      console.log(`${broker}: ${fleet.length} devices online after three rollovers and a rollback`);
    } finally {
      for (const device of fleet) await device.stop();
    }
  });
});
