import { dropDeadLetter, listDeadLetters, replayDeadLetter } from '@muster/contracts/telemetry/telemetry.routes';
import { type DeadLetter, messageFlags } from '@muster/contracts/telemetry/telemetry.schema';
import { EnrollmentRefused } from '@muster/device-agent/identity/read-answer';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RawDevice, TELEMETRY } from '../stack/raw-device.js';
import { Stack } from '../stack/stack.js';

const RIVAL = 'rival';

describe.each(['embedded', 'mosquitto'] as const)(
  'a device that misbehaves harms nobody but itself, and people see what it sent (%s broker)',
  (broker) => {
    let stack: Stack;
    let rogue: RawDevice;
    let victim: RawDevice;
    let token: string;

    beforeAll(async () => {
      stack = await Stack.start({ cluster: inject('postgres'), broker });
      await stack.database.system((tx) => tx.query('insert into tenants (id, name) values ($1, $1)', [RIVAL]));
      token = await stack.enrollmentToken(2);
      const enrol = (serial: string) => RawDevice.enrol(stack.deviceUrl, token, serial);
      rogue = await RawDevice.connect(await enrol('rogue'));
      victim = await RawDevice.connect(await enrol('victim'));
    });
    afterAll(async () => {
      await rogue?.end();
      await victim?.end();
      await stack?.stop();
    });

    const stored = (device: RawDevice) =>
      stack.database.system((tx) =>
        tx.query<{ seqNo: number; producedAt: Date; correctedAt: Date | null; flags: number }>(
          `select m.seq_no as "seqNo", m.produced_at as "producedAt", m.corrected_at as "correctedAt", m.flags
           from messages m join devices d using (device_key) where d.id = $1 and m.kind = 2 order by m.seq_no`,
          [device.deviceId],
        ),
      );
    const seqNos = async (device: RawDevice) => (await stored(device)).map(({ seqNo }) => seqNo);
    const letters = async (reason?: string): Promise<DeadLetter[]> =>
      (await stack.client.call(listDeadLetters, { query: { pageSize: 100, ...(reason && { reason }) } })).items;
    const counted = (code: string) => stack.worker.counter('muster_dead_letters_total', { code });
    const refusedByBroker = (code: string) => stack.worker.counter('muster_broker_refusals_total', { code });
    /** Sends a good reading and waits until it is stored: whatever went before it is through as well. */
    const proveAlive = async (device: RawDevice) => {
      const reading = device.reading();
      await device.publish(reading);
      await assertEventually(async () => expect(await seqNos(device)).toContain(reading.seqNo));
    };
    const isTold = (device: RawDevice, seqNo: number, code: string) =>
      assertEventually(() => expect(device.acks.flatMap(({ refused }) => refused)).toContainEqual([seqNo, code]));

    it('a token that is wrong, or was used up, lets nobody in', async () => {
      const wrong = token.replace(/_[a-z0-9]{32}_/, `_${'a'.repeat(32)}_`);
      for (const [bearer, code] of [
        [wrong, 'token_invalid'],
        [token, 'token_spent'],
      ] as const) {
        const refusal = await RawDevice.enrol(stack.deviceUrl, bearer, 'third').catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(EnrollmentRefused);
        expect((refusal as EnrollmentRefused).code).toBe(code);
        expect(await stack.api.counter('muster_http_refusals_total', { door: 'devices', code })).toBe(1);
      }
      const [row] = await stack.database.system((tx) =>
        tx.query<{ devices: number }>('select count(*)::int as devices from devices'),
      );
      expect(row?.devices).toBe(2);
    });

    it('what cannot be read is kept with its reason, counted, told to the device, and ends no session', async () => {
      const unknownVersion = rogue.reading({ schemaVersion: 99 });
      const oversized = rogue.reading({ extra: { note: 'x'.repeat(200_000) } });
      const inTheNameOf = rogue.reading({ deviceId: victim.deviceId });
      const cases = [
        ['payload_malformed', '{"readings": [', null],
        ['payload_malformed', Buffer.from([0xff, 0xfe, 0x00]), null],
        ['payload_invalid', rogue.reading({ readings: 'none' }), null],
        ['schema_version_unknown', unknownVersion, unknownVersion.seqNo],
        ['payload_too_large', oversized, oversized.seqNo],
        ['identity_mismatch', inTheNameOf, inTheNameOf.seqNo],
      ] as const;
      for (const [, body] of cases) await rogue.publish(body);
      await proveAlive(rogue);
      await assertEventually(async () => expect(await letters()).toHaveLength(cases.length));
      const kept = await letters();
      expect(kept.map(({ reason }) => reason).sort()).toEqual(cases.map(([code]) => code).sort());
      for (const letter of kept)
        expect(letter).toMatchObject({ state: 'open', tenant: 'main', deviceId: rogue.deviceId });
      for (const [code, , seqNo] of cases) {
        expect(await counted(code)).toBe(cases.filter(([other]) => other === code).length);
        if (seqNo !== null) await isTold(rogue, seqNo, code);
      }
      expect(await stored(rogue)).toHaveLength(1);
      expect(rogue.connected).toBe(true);
    });

    it('a clock that is far off is no reason to lose what it says', async () => {
      const before = (await letters()).length;
      const past = rogue.reading({ producedAt: '1970-01-01T00:00:07.000Z' });
      const future = rogue.reading({ producedAt: '2100-01-01T00:00:00.000Z' });
      for (const reading of [past, future]) await rogue.publish(reading);
      const rows = await assertEventually(async () => {
        const found = (await stored(rogue)).filter(({ seqNo }) => seqNo === past.seqNo || seqNo === future.seqNo);
        expect(found).toHaveLength(2);
        return found;
      });
      expect(rows.map(({ producedAt }) => producedAt.toISOString())).toEqual([past.producedAt, future.producedAt]);
      for (const { flags, correctedAt } of rows) {
        expect(flags & messageFlags.clockCorrected).toBeTruthy();
        expect(Math.abs(Date.now() - correctedAt!.getTime())).toBeLessThan(60_000);
      }
      expect(rows[1]!.flags & messageFlags.future).toBeTruthy();
      expect(await letters()).toHaveLength(before);
      await assertEventually(() => {
        const ranges = rogue.acks.flatMap((ack) => ack.ranges);
        for (const { seqNo } of [past, future])
          expect(ranges.some(([from, to]) => from <= seqNo && seqNo <= to)).toBe(true);
      });
    });

    it('nobody speaks or listens in the place of another device', async () => {
      const before = (await letters()).length;
      const forged = victim.reading();
      const liar = await RawDevice.connect(rogue.identity);
      await liar.publish(forged, `${victim.prefix}/${TELEMETRY}`);
      await liar.end();
      const spy = await RawDevice.connect(rogue.identity);
      for (const filter of [`${victim.prefix}/down/#`, 'muster/v1/+/+/down/#', '#']) await spy.subscribe(filter);
      await proveAlive(victim);
      // Its acknowledgement is the downlink that a spy would have heard.
      await assertEventually(() => expect(victim.acks.length).toBeGreaterThan(0));
      expect(spy.heard.filter(({ topic }) => !topic.startsWith(rogue.prefix))).toEqual([]);
      await spy.end();
      expect(await seqNos(victim)).not.toContain(forged.seqNo);
      expect(await letters()).toHaveLength(before);
      // Mosquitto denies by its ACL and counts for nobody.
      if (broker === 'embedded') expect(await refusedByBroker('topic_forbidden')).toBeGreaterThanOrEqual(4);
    });

    it('nobody takes the session of another by its client id', async () => {
      if (broker === 'embedded') {
        await expect(RawDevice.connect(rogue.identity, victim.deviceId)).rejects.toThrow(/Not authorized/);
        expect(await refusedByBroker('identity_mismatch')).toBe(1);
      } else {
        // Mosquitto calls the client by its certificate, whatever it says.
        const thief = await RawDevice.connect(rogue.identity, victim.deviceId);
        await thief.end();
      }
      expect(victim.connected).toBe(true);
      await proveAlive(victim);
    });

    it('what names another tenant stays with the tenant of the device', async () => {
      const reading = rogue.reading();
      const liar = await RawDevice.connect(rogue.identity);
      await liar.publish(reading, `${rogue.prefix.replace('/main/', `/${RIVAL}/`)}/${TELEMETRY}`);
      await liar.end();
      if (broker === 'embedded') {
        await assertEventually(async () => expect(await refusedByBroker('topic_forbidden')).toBeGreaterThanOrEqual(5));
      } else {
        const [letter] = await assertEventually(async () => {
          const found = await letters('tenant_mismatch');
          expect(found).toHaveLength(1);
          return found;
        });
        expect(letter).toMatchObject({ tenant: 'main', deviceId: rogue.deviceId });
        expect(await counted('tenant_mismatch')).toBe(1);
      }
      expect(await seqNos(rogue)).not.toContain(reading.seqNo);
    });

    it('a message too large for any broker to take in ends the session, and only that', async () => {
      const flooder = await RawDevice.connect(rogue.identity);
      await flooder.publish(Buffer.alloc(2 * 1024 * 1024, 0x20));
      await assertEventually(() => expect(flooder.connected).toBe(false));
      if (broker === 'embedded') expect(await refusedByBroker('payload_too_large')).toBe(1);
      await proveAlive(victim);
    });

    it('poison is looked at, mended and replayed, or given up', async () => {
      rogue = await RawDevice.connect(rogue.identity);
      const [wrong] = await letters('schema_version_unknown');
      const mended = { ...JSON.parse(wrong!.body), schemaVersion: 1 };
      const params = { deadLetterId: wrong!.id };
      const replayed = await stack.client.call(replayDeadLetter, { params, body: { body: JSON.stringify(mended) } });
      expect(replayed.state).toBe('replayed');
      await assertEventually(async () => expect(await seqNos(rogue)).toContain(mended.seqNo));

      const malformed = await letters('payload_malformed');
      const [first, second] = malformed;
      await stack.client.call(replayDeadLetter, { params: { deadLetterId: first!.id }, body: {} });
      // Nothing about it was mended: it comes back as a dead letter of its own.
      await assertEventually(async () => expect(await letters('payload_malformed')).toHaveLength(malformed.length + 1));
      const dropped = await stack.client.call(dropDeadLetter, { params: { deadLetterId: second!.id } });
      expect(dropped.state).toBe('dropped');
      const again = await stack.client.attempt(dropDeadLetter, { params: { deadLetterId: second!.id } });
      expect([again.status, again.body]).toMatchObject([409, { code: 'conflict' }]);
      expect(await stack.api.counter('muster_http_refusals_total', { door: 'people', code: 'conflict' })).toBe(1);
    });
  },
);
