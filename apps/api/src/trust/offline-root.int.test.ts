import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memberStore } from '@muster/persistence/access/member.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTrustHarness, type TrustHarness } from './trust.harness.js';

const day = 86_400_000;
const clock = new FakeClock(new Date());
let test: TestDatabase;
let api: TrustHarness;
let safe: string;
const here = () => join(api.door.data, 'keys', 'ca-root-1.key');
const away = () => join(safe, 'ca-root-1.key');

beforeAll(async () => {
  test = await testDatabase();
  safe = await mkdtemp(join(tmpdir(), 'muster-safe-'));
  api = await openTrustHarness(test, clock);
  await rename(here(), away());
});
afterAll(async () => {
  await api?.close();
  await test?.drop();
  await rm(safe, { recursive: true, force: true });
});

describe('with the root key away', () => {
  it('devices enrol and get in, and servers get new certificates', async () => {
    const device = await api.enrol();
    expect(await api.isLetIn(device)).toBe(true);
    const { cert: before } = await api.refresh();
    await rm(join(api.door.data, 'tls', 'api.crt'));
    expect((await api.refresh()).cert).not.toBe(before);
    expect(await api.isLetIn(await api.enrol())).toBe(true);
  });

  it('the list of the root is good for half a year, those of other authorities for a day', async () => {
    const { items } = (await api.as('viewer').get('/trust/authorities')).json();
    const left = (kind: string) => {
      const { nextUpdate } = items.find((one: { kind: string }) => one.kind === kind).crls[0];
      return (Date.parse(nextUpdate) - clock.now().getTime()) / day;
    };
    expect(left('root')).toBeGreaterThan(100);
    expect(left('device')).toBeLessThanOrEqual(1);
  });

  it('what needs the root is refused as a signer that is away, leaves nothing, and is done when it is back', async () => {
    const asked = await api.propose({ kind: 'start_rollover', authority: 'device' });
    expect(asked.statusCode).toBe(201);
    const refused = await api.approve(asked.json().id);
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'signer_unavailable']);
    expect(await api.states('device')).toEqual(['issuing']);
    await rename(away(), here());
    expect((await api.approve(asked.json().id)).statusCode).toBe(200);
    expect((await api.states('device')).length).toBe(2);
    await rename(here(), away());
  });

  it('a tenant that is new waits for it, and nobody else does', async () => {
    await test.database.system((tx) => memberStore.ensureTenant(tx, { id: 'newcomer', name: 'newcomer' }));
    await expect(api.refresh()).resolves.toBeDefined();
    expect(await api.isLetIn(await api.enrol())).toBe(true);
    await expect(api.door.identity.door.hierarchy.issuing('device', 'newcomer')).rejects.toThrow('offline');
    await rename(away(), here());
    expect((await api.door.identity.door.hierarchy.issuing('device', 'newcomer')).pem).toContain('CERTIFICATE');
  });
});
