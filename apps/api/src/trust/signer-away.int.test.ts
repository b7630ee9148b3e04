import { systemClock } from '@muster/runtime/clock/clock';
import { FakeVault, type VaultTrouble } from '@muster/testkit/fake-vault';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type DoorHarness, newRequest, openDoorHarness } from '../device-door/door.harness.js';

const vault = new FakeVault();
let db: TestDatabase;
let door: DoorHarness;
beforeAll(async () => {
  db = await testDatabase();
  const settings = { signer: 'vault', vaultUrl: await vault.listen(), vaultToken: 'hvs.first' };
  door = await openDoorHarness(db.database, systemClock, [], { settings });
});
afterAll(async () => {
  await door.close();
  await db.drop();
  await vault.close();
});
beforeEach(() => {
  vault.troubles.length = 0;
});

const counts = async () => {
  const [row] = await db.database.system((tx) =>
    tx.query<Record<string, number>>(
      `select (select count(*)::int from certificates) certificates, (select count(*)::int from devices) devices,
              (select count(*)::int from outbox) letters`,
    ),
  );
  return row;
};
const claim = (csr: string, serial: string) => ({ csr, model: 'm1', hardwareRevision: '1', serial });

describe('a signer that is away', () => {
  it('keeps every key of the installation, named by its reference', async () => {
    const rows = await db.database.system((tx) =>
      tx.query<{ keyRef: string }>('select key_ref as "keyRef" from authorities'),
    );
    expect(rows.length).toBeGreaterThan(3);
    expect(rows.every(({ keyRef }) => keyRef.startsWith('vault:ca-'))).toBe(true);
    expect(vault.keys.size).toBeGreaterThanOrEqual(rows.length);
  });

  it.each<[string, VaultTrouble]>([
    ['sealed', { status: 503, errors: ['Vault is sealed'] }],
    ['cut off', 'cut'],
  ])('because it is %s answers signer_unavailable and leaves nothing half-issued', async (how, trouble) => {
    const { token } = await door.token();
    const { csr } = newRequest();
    const before = await counts();
    vault.troubles.push(...Array<VaultTrouble>(8).fill(trouble));
    const away = await door.enroll(token, claim(csr, how));
    expect([away.status, away.json().code, away.json().retryable]).toEqual([503, 'signer_unavailable', true]);
    expect(Number(away.headers['retry-after'])).toBeGreaterThan(0);
    expect(away.text).not.toContain('hvs.');
    expect(await counts()).toEqual(before);
    vault.troubles.length = 0;
    const back = await door.enroll(token, claim(csr, how));
    expect(back.status).toBe(200);
    expect(back.json().certificate).toContain('BEGIN CERTIFICATE');
  });
});
