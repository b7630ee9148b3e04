import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { openssl } from '@muster/pki/fixtures/openssl';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRequest } from '../device-door/door.harness.js';
import { openTrustHarness, type TrustHarness } from './trust.harness.js';

let test: TestDatabase;
let trust: TrustHarness;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  test = await testDatabase();
  trust = await openTrustHarness(test, clock);
});
afterAll(async () => {
  await trust?.close();
  await test?.drop();
});

/** Devices of the first rollover, which take part in the later ones. */
const known: string[] = [];

const askAll = async (rolloverId: string) => {
  const asked: string[] = [];
  for (;;) {
    const some = await test.database.system((tx) => rolloverStore.askRenewals(tx, rolloverId, clock.now(), 7));
    if (some.length === 0) return asked;
    asked.push(...some.map(({ deviceId }) => deviceId));
  }
};

describe('a rollover of the device authority', () => {
  it('goes from one generation to the next without a device being turned away', async () => {
    const device = await trust.enrol();
    const straggler = await trust.enrol();
    const started = await trust.agree({ kind: 'start_rollover', authority: 'device' });
    expect(started).toMatchObject({ state: 'applied', decidedBy: 'owner', requestedBy: 'admin' });
    const { id: rolloverId } = await trust.rollover();
    expect((await trust.propose({ kind: 'start_rollover', authority: 'device' })).json().code).toBe('already_exists');
    const early = await trust.propose({ kind: 'switch_issuing', rolloverId, share: 10 });
    expect([early.statusCode, early.json().code]).toEqual([409, 'transition_refused']);

    await trust.agree({ kind: 'distribute', rolloverId });
    await trust.refresh();
    await trust.acknowledge(device.id);
    const closed = await trust.propose({ kind: 'switch_issuing', rolloverId, share: 10 });
    expect(closed.json()).toMatchObject({ code: 'gate_closed', facts: { seen: 2, acknowledged: 1, needed: 0.99 } });
    const { bundle, waitsFor } = await trust.rollover();
    expect(waitsFor).toMatch(/^1 of 2 devices seen/);
    const behind = (await trust.as('viewer').get(`/trust/bundles/${bundle}/stragglers`)).json();
    expect(behind.items.map(({ deviceId }: { deviceId: string }) => deviceId)).toEqual([straggler.id]);

    await trust.acknowledge(straggler.id);
    await trust.agree({ kind: 'switch_issuing', rolloverId, share: 0 });
    await trust.refresh();
    expect(await trust.states('device')).toEqual(['retiring', 'issuing']);
    expect(await askAll(rolloverId)).toEqual([]);
    const newcomer = await trust.enrol();
    expect(await trust.generationOf(newcomer.answer.certificate)).toBe(2);
    expect(await trust.isLetIn(newcomer)).toBe(true);
    for (const one of [device, straggler]) expect(await trust.isLetIn(one)).toBe(true);

    await trust.agree({ kind: 'switch_issuing', rolloverId, share: 100 });
    expect((await askAll(rolloverId)).sort()).toEqual([device.id, straggler.id].sort());
    const early2 = await trust.propose({ kind: 'retire', rolloverId });
    expect(early2.json()).toMatchObject({ code: 'transition_refused', facts: { certificatesOnOld: 2 } });

    for (const one of [device, straggler]) {
      const { key, csr } = newRequest(one.id);
      const renewed = await trust.door.send('POST', '/device/v1/renew', { as: one.as, body: { csr } });
      expect(renewed.status, renewed.text).toBe(200);
      const next = { key, cert: [renewed.json().certificate, ...renewed.json().chain].join('') };
      expect(await trust.generationOf(next.cert)).toBe(2);
      expect(await trust.isLetIn({ as: next })).toBe(true);
      await test.database.system((tx) =>
        tx.execute(`update certificates set state = 'revoked' where device_id = $1 and state = 'superseded'`, [one.id]),
      );
      one.as = next;
    }
    await trust.agree({ kind: 'retire', rolloverId });
    const { ca } = await trust.refresh();
    expect(await trust.rollover()).toMatchObject({ state: 'done', from: { state: 'retired' }, waitsFor: null });
    for (const one of [device, straggler, newcomer]) expect(await trust.isLetIn(one)).toBe(true);
    known.push(device.id, straggler.id, newcomer.id);
    expect(ca.match(/BEGIN/g)).toHaveLength(3);
    const leaf = device.as.cert.slice(0, device.as.cert.indexOf('-----END CERTIFICATE-----') + 26);
    const checked = openssl({ ca, leaf }, 'verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', '@ca', '@leaf');
    expect(checked.output).toMatch(/OK/);
  });

  it('asks a stable share, in which each wave holds the one before it', async () => {
    const devices = await Promise.all(Array.from({ length: 40 }, () => trust.enrol()));
    await trust.agree({ kind: 'start_rollover', authority: 'device' });
    const { id: rolloverId } = await trust.rollover();
    await trust.agree({ kind: 'distribute', rolloverId });
    for (const id of [...known, ...devices.map(({ id }) => id)]) await trust.acknowledge(id);
    const waves: string[][] = [];
    for (const share of [10, 50, 100]) {
      await trust.agree({ kind: 'switch_issuing', rolloverId, share });
      waves.push(await askAll(rolloverId));
    }
    expect(new Set(waves.flat()).size).toBe(waves.flat().length);
    expect(waves.flat()).toHaveLength(43);
    expect(waves[0]!.length).toBeLessThan(20);
    expect(waves[0]!.length + waves[1]!.length).toBeLessThan(43);
    const again = await trust.propose({ kind: 'switch_issuing', rolloverId, share: 50 });
    expect(again.json()).toMatchObject({ code: 'transition_refused', facts: { share: 100 } });
  });

  it('is taken back with nothing to do for devices: both generations stay welcome until nothing needs the newer', async () => {
    const { id: rolloverId } = await trust.rollover();
    const onNew = await trust.enrol();
    expect(await trust.generationOf(onNew.answer.certificate)).toBe(3);
    await trust.agree({ kind: 'roll_back', rolloverId });
    await trust.refresh();
    expect(await trust.states('device')).toEqual(['retired', 'issuing', 'retiring']);
    expect(await trust.rollover()).toMatchObject({ state: 'rolled_back', reasonCode: 'rolled_back', nextSteps: [] });
    const next = await trust.enrol();
    expect(await trust.generationOf(next.answer.certificate)).toBe(2);
    for (const one of [onNew, next]) expect(await trust.isLetIn(one)).toBe(true);
    await test.database.system((tx) =>
      tx.execute(`update certificates set state = 'revoked' where device_id = $1`, [onNew.id]),
    );
    // Another process may issue one more before it hears of the rollback.
    await trust.refresh();
    expect(await trust.states('device')).toEqual(['retired', 'issuing', 'retiring']);
    clock.advance(61_000);
    await trust.refresh();
    expect(await trust.states('device')).toEqual(['retired', 'issuing', 'retired']);
  });
});
