import { assertEventually } from '@muster/testkit/assert-eventually';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audit } from './audit/audit.store.js';
import { Database, type Tx } from './database.js';
import { isTransient, sqlState } from './failures.js';
import { migrate, migrateBack } from './migrate.js';
import { migrations } from './migrations/all.js';
import { appliedLetters } from './outbox/applied-letters.store.js';
import { outbox } from './outbox/outbox.store.js';

let test: TestDatabase;

beforeAll(async () => {
  test = await testDatabase();
  await test.database.system((tx) =>
    tx.query(`insert into tenants (id, name) values ('north', 'North'), ('south', 'South')`),
  );
});
afterAll(() => test.drop());

const someone = { type: 'user', id: 'u1' } as const;

describe('tenancy', () => {
  it('binds every table that names a tenant, for its owner too, or keeps the application away from it', async () => {
    const open = await test.database.system((tx) =>
      tx.query(`select distinct c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
        where a.attname in ('tenant_id', 'device_key') and c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
          and not (c.relrowsecurity and c.relforcerowsecurity)
          and has_table_privilege('muster_app', c.oid, 'select, insert, update, delete') order by 1`),
    );
    expect(open).toEqual([]);
  });

  it('refuses the application what it cannot be bound in', async () => {
    for (const table of ['rollup_dirty', 'messages_before'])
      await expect(test.database.tenant('north', (tx) => tx.query(`select from ${table}`))).rejects.toThrow(
        'permission denied',
      );
  });

  it('shows a tenant its own rows only', async () => {
    await test.database.system((tx) =>
      tx.query(`insert into sites (tenant_id, name) values ('north', 'Bergen'), ('south', 'Cape Town')`),
    );
    const seen = await test.database.tenant('south', (tx) => tx.query('select name from sites'));
    expect(seen).toEqual([{ name: 'Cape Town' }]);
    expect(await test.database.tenant('nobody', (tx) => tx.query('select from sites'))).toEqual([]);
  });

  it('refuses a row for another tenant', async () => {
    const write = test.database.tenant('south', (tx) =>
      tx.query(`insert into sites (tenant_id, name) values ('north', 'Oslo')`),
    );
    await expect(write).rejects.toThrow('row-level security');
  });

  it('does not carry a tenant over to the next user of the connection', async () => {
    const url = new URL(test.appUrl);
    const client = new pg.Client({ connectionString: url.toString() });
    await client.connect();
    try {
      await client.query(`begin; select set_config('muster.tenant', 'north', true); commit`);
      expect((await client.query('select from sites')).rowCount).toBe(0);
    } finally {
      await client.end();
    }
  });
});

describe('insisting', () => {
  const failing = (tx: Tx, code: string) => tx.query(`do $$ begin raise 'by order' using errcode = '${code}'; end $$`);
  /** Creates a site, and fails with these codes, one an attempt, before it succeeds. */
  const order = async (site: string, ...codes: string[]) => {
    let attempts = 0;
    const outcome = await test.database
      .insist('north', async (tx) => {
        const code = codes[attempts++];
        await tx.query(`insert into sites (tenant_id, name) values ('north', $1)`, [site]);
        if (code !== undefined) await failing(tx, code);
        return 'done';
      })
      .catch(sqlState);
    const kept = await test.database.tenant('north', (tx) => tx.query('select from sites where name = $1', [site]));
    return { outcome, attempts, kept: kept.length };
  };

  it('begins anew after a collision and keeps only what the last attempt wrote', async () => {
    expect(await order('Tromsø', '40001', '40P01')).toEqual({ outcome: 'done', attempts: 3, kept: 1 });
  });

  it('gives up after the fifth collision', async () => {
    const codes = Array.from({ length: 6 }, () => '40001');
    expect(await order('Narvik', ...codes)).toEqual({ outcome: '40001', attempts: 5, kept: 0 });
  });

  it.each(['23514', '55P03', '57014'])('leaves any other failure, %s, to whoever asked, at once', async (code) => {
    expect(await order('Bodø', code)).toEqual({ outcome: code, attempts: 1, kept: 0 });
  });

  it('gets both of two orders through that deadlocked', async () => {
    const sites = ['Hamar', 'Lillehammer'];
    await test.database.tenant('north', (tx) =>
      tx.query(`insert into sites (tenant_id, name) select 'north', unnest($1::text[])`, [sites]),
    );
    const touch = (tx: Tx, name: string) => tx.query('update sites set name = name where name = $1', [name]);
    const both = Promise.withResolvers<void>();
    let holding = 0;
    let begun = 0;
    const cross = (first: string, second: string) =>
      test.database.insist('north', async (tx) => {
        begun++;
        await touch(tx, first);
        if (++holding === 2) both.resolve();
        await both.promise;
        await touch(tx, second);
      });
    await Promise.all([cross('Hamar', 'Lillehammer'), cross('Lillehammer', 'Hamar')]);
    expect(begun).toBeGreaterThanOrEqual(3);
  });
});

describe('a transaction whose process hangs', () => {
  it('is ended by the server, so that whoever waits for its locks goes on, and may be tried again', async () => {
    const { appUrl, systemUrl } = test;
    const hanging = await Database.connect({ appUrl, systemUrl, poolMax: 1, idleInTransactionMs: 300 });
    try {
      await test.database.system((tx) => tx.query(`insert into tenants (id, name) values ('stuck', 'Stuck')`));
      const rename = (tx: Tx, name: string) => tx.query(`update tenants set name = $1 where id = 'stuck'`, [name]);
      let taken = () => {};
      const lockTaken = new Promise<void>((resolve) => {
        taken = resolve;
      });
      let wake = () => {};
      const awake = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const hung = hanging
        .system(async (tx) => {
          await rename(tx, 'first');
          taken();
          await awake;
          await rename(tx, 'too late');
        })
        .catch((error: unknown) => error);
      await lockTaken;
      await test.database.system((tx) => rename(tx, 'second'));
      wake();
      expect(isTransient(await hung)).toBe(true);
      const again = await hanging.system((tx) => tx.query(`select name from tenants where id = 'stuck'`));
      expect(again).toEqual([{ name: 'second' }]);
    } finally {
      await hanging.close();
    }
  });
});

describe('outbox', () => {
  it('gives positions in the order transactions commit and not in the order they began', async () => {
    const { database } = test;
    const letter = (key: string) => ({ tenantId: 'north', type: 'test.happened', key, payload: { key } });
    let release = () => {};
    const late = database.tenant('north', async (tx) => {
      await outbox.drop(tx, letter('began first'));
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await database.tenant('north', (tx) => outbox.drop(tx, letter('committed first')));
    const first = await database.system((tx) => outbox.place(tx, 10));
    release();
    await late;
    const second = await database.system((tx) => outbox.place(tx, 10));
    expect([...first!, ...second!].map(({ key, payload }) => [key, payload])).toEqual([
      ['committed first', { key: 'committed first' }],
      ['began first', { key: 'began first' }],
    ]);
    expect(second![0]!.position).toBeGreaterThan(first![0]!.position);
  });

  it('lets one relay work at a time', async () => {
    await test.database.system(async (tx) => {
      expect(await outbox.place(tx, 1)).not.toBeNull();
      expect(await test.database.system((other) => outbox.place(other, 1))).toBeNull();
    });
  });

  it('drops nothing when the transaction rolls back', async () => {
    await expect(
      test.database.tenant('north', async (tx) => {
        await outbox.drop(tx, { tenantId: 'north', type: 'test.happened', key: 'never', payload: {} });
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await test.database.system((tx) => outbox.backlog(tx))).toEqual({ waiting: 0, oldest: null });
  });

  it('lets a consumer apply a letter once', async () => {
    const id = '01980000-0000-7000-8000-000000000001';
    const apply = () => test.database.system((tx) => appliedLetters.once(tx, 'tester', id));
    expect([await apply(), await apply()]).toEqual([true, false]);
  });
});

describe('audit', () => {
  it('chains entries and finds the one that was changed', async () => {
    const { database } = test;
    for (const n of [1, 2, 3])
      await database.tenant('south', (tx) =>
        audit.append(tx, { actor: someone, action: 'site.created', resource: `site:${n}`, after: { n } }),
      );
    expect(await database.tenant('south', (tx) => audit.verify(tx))).toBeNull();
    const owner = new pg.Client({ connectionString: test.ownerUrl });
    await owner.connect();
    await owner.query(`update audit_entries set resource = 'site:9' where tenant_id = 'south' and seq = 2`);
    await owner.end();
    expect(await database.tenant('south', (tx) => audit.verify(tx))).toBe(2);
  });

  it('keeps one line when many append at once', async () => {
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        test.database.tenant('north', (tx) =>
          audit.append(tx, { actor: someone, action: 'site.created', resource: `site:${n}` }),
        ),
      ),
    );
    const entries = await test.database.tenant('north', (tx) => audit.list(tx, { limit: 50 }));
    expect(entries.map((entry) => entry.seq)).toEqual(Array.from({ length: 20 }, (_, n) => 20 - n));
    expect(await test.database.tenant('north', (tx) => audit.verify(tx))).toBeNull();
  });

  it('can be written but never changed by either role', async () => {
    for (const sql of [`update audit_entries set action = 'x'`, 'delete from decision_records']) {
      await expect(test.database.tenant('north', (tx) => tx.query(sql))).rejects.toThrow('permission denied');
      await expect(test.database.system((tx) => tx.query(sql))).rejects.toThrow('permission denied');
    }
  });
});

describe('listening', () => {
  it('hears a notification and, after the connection broke, the empty one that says look again', async () => {
    const heard: string[] = [];
    const stop = await test.database.listen('muster_test', (payload) => heard.push(payload));
    const say = (text: string) => test.database.system((tx) => tx.query(`select pg_notify('muster_test', $1)`, [text]));
    await say('one');
    await assertEventually(() => expect(heard).toEqual(['one']));
    const owner = new pg.Client({ connectionString: test.ownerUrl });
    await owner.connect();
    await owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'muster-listen' and datname = current_database()`,
    );
    await owner.end();
    await assertEventually(() => expect(heard).toEqual(['one', '']));
    await say('two');
    await assertEventually(() => expect(heard).toEqual(['one', '', 'two']));
    await stop();
  });
});

describe('migrations', () => {
  it('go back to nothing and forward again', async () => {
    await using copy = await testDatabase();
    await copy.database.close();
    await migrateBack(copy.ownerUrl, migrations.length);
    const owner = new pg.Client({ connectionString: copy.ownerUrl });
    await owner.connect();
    const left = await owner.query(
      `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'S')`,
    );
    await owner.end();
    expect(left.rows.map((row) => row.relname).filter((name) => !name.startsWith('migrations'))).toEqual([]);
    const password = (url: string) => new URL(url).password;
    await migrate(copy.ownerUrl, { app: password(copy.appUrl), system: password(copy.systemUrl) });
  });
});
