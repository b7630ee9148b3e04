import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrustChangeInput } from '@muster/contracts/trust/trust.schema';
import { memberStore } from '@muster/persistence/access/member.store';
import type { Database, Tx } from '@muster/persistence/database';
import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { trustChangeStore } from '@muster/persistence/trust/trust-change.store';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIdentity } from '../bootstrap/open-identity.js';
import { Paging } from '../http/paging.js';
import type { Principal } from '../http/principal.js';
import { TrustChangesService } from './trust-changes.service.js';

class Crash extends Error {}

/** Transactions that end, as a killed process ends them, before the n-th statement from now. */
const crashing = (database: Database) => {
  let left = Number.POSITIVE_INFINITY;
  const count = () => {
    if (--left > 0) return;
    left = Number.POSITIVE_INFINITY;
    throw new Crash();
  };
  const watched = (tx: Tx): Tx => {
    const counted =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        count();
        return call(...args);
      };
    return { ...tx, query: counted(tx.query) as Tx['query'], execute: counted(tx.execute) };
  };
  const ending =
    <T>(work: (tx: Tx) => Promise<T>) =>
    async (tx: Tx): Promise<T> => {
      const result = await work(watched(tx));
      // Everything is written and not committed.
      count();
      return result;
    };
  const tenant = <T>(id: string, work: (tx: Tx) => Promise<T>) => database.tenant(id, ending(work));
  const system = <T>(work: (tx: Tx) => Promise<T>) => database.system(ending(work));
  const outside = database.outside.bind(database);
  const parts = { tenant, insist: tenant, system, outside } as unknown as Database;
  return { database: parts, before: (statement: number) => (left = statement) };
};

let test: TestDatabase;
const clock = new FakeClock(new Date());
const tenantId = 'acme';
const data = mkdtempSync(join(tmpdir(), 'muster-crash-'));
const urls = { host: 'localhost', port: 8080, devicePort: 8443, mqttPort: 8883 };

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) => memberStore.ensureTenant(tx, { id: tenantId, name: tenantId }));
});
afterAll(async () => {
  await test?.drop();
  rmSync(data, { recursive: true, force: true });
});

const identity = (database: Database) =>
  openIdentity({ data, ...urls } as never, { database, clock, kek: Buffer.alloc(32, 3) } as never);
const person = (id: string) =>
  ({ kind: 'user', id, tenantId, name: id, permissions: new Set() }) as unknown as Principal;
const system = <T>(work: (tx: Tx) => Promise<T>) => test.database.system(work);
/** Whatever a crash leaves: one generation of each kind issues, and bundles are numbered without a gap. */
const holds = async () => {
  const issuing = await system((tx) =>
    tx.query<{ n: number }>(
      `select count(*)::int as n from authorities where state = 'issuing' group by kind, tenant_id`,
    ),
  );
  for (const { n } of issuing) expect(n).toBe(1);
  const numbers = await system((tx) =>
    tx.query<{ number: number }>('select number from trust_bundles where tenant_id = $1 order by number', [tenantId]),
  );
  const first = numbers[0]!.number;
  expect(numbers.map(({ number }) => number)).toEqual(numbers.map((_, i) => first + i));
};

/** Approves the change as often as it takes, each time killed one statement later; says how often that was. */
const approveThroughCrashes = async (change: TrustChangeInput): Promise<number> => {
  for (let statement = 1; ; statement++) {
    const broken = crashing(test.database);
    const { door } = identity(broken.database);
    const service = new TrustChangesService(broken.database, new Paging(Buffer.alloc(32)), door, clock);
    const call = (id: string) => ({ principal: person(id), requestId: 'r', params: {}, query: {} }) as never;
    const open = await system((tx) =>
      trustChangeStore.list(tx, tenantId, { state: 'proposed', before: null, limit: 1 }),
    );
    const id = open[0]?.id ?? (await service.propose({ ...(call('one') as object), body: { change } } as never)).id;
    broken.before(statement);
    try {
      const done = await service.approve({ ...(call('two') as object), params: { changeId: id } } as never);
      expect(done.state).toBe('applied');
      await holds();
      return statement - 1;
    } catch (fault) {
      if (!(fault instanceof Crash)) throw fault;
      await holds();
    }
  }
};

const newestRollover = async () => (await system((tx) => rolloverStore.list(tx, tenantId, null, 1)))[0]!;
const announcedKey = async () =>
  (await system((tx) => signingKeyStore.list(tx, tenantId))).find(({ state }) => state === 'next')!;
const start = (authority: 'device' | 'root') => async () => ({ kind: 'start_rollover', authority }) as const;
const take = (kind: 'distribute' | 'retire' | 'roll_back') => async () =>
  ({ kind, rolloverId: (await newestRollover()).id }) as const;
const switchIssuing = async () =>
  ({ kind: 'switch_issuing', rolloverId: (await newestRollover()).id, share: 100 }) as const;

describe('a step that two people agreed on is done once or not at all, whichever statement the process is killed before', () => {
  beforeAll(async () => {
    const { door } = identity(test.database);
    await door.hierarchy.prepare();
    await door.bundles.prepare();
  });

  it.each([
    ['start a rollover of the device authority', start('device')],
    ['distribute it', take('distribute')],
    ['switch issuing', switchIssuing],
    ['retire the old generation', take('retire')],
    ['start a rollover of the root', start('root')],
    ['distribute the root', take('distribute')],
    ['present the new root', switchIssuing],
    ['roll back', take('roll_back')],
    ['rotate a key', async () => ({ kind: 'rotate_key', purpose: 'trust' }) as const],
    ['activate it', async () => ({ kind: 'activate_key', kid: (await announcedKey()).kid }) as const],
  ] satisfies [string, () => Promise<TrustChangeInput>][])('%s', async (_, change) => {
    expect(await approveThroughCrashes(await change())).toBeGreaterThan(8);
  });

  it('and all of it is done in the end', async () => {
    const rollovers = await system((tx) => rolloverStore.list(tx, tenantId, null, 10));
    expect(rollovers.map(({ state }) => state)).toEqual(['rolled_back', 'done']);
    expect((await system((tx) => signingKeyStore.signing(tx, tenantId, 'trust')))?.kid).toBe(`${tenantId}-trust-2`);
  });
});
