import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memberStore } from '@muster/persistence/access/member.store';
import { audit } from '@muster/persistence/audit/audit.store';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notArchived } from '../home.js';
import { ArchiveError } from './archive-format.js';
import { DatabaseLoader } from './load-database.js';
import { readArchive } from './read-archive.js';
import { writeArchive } from './write-archive.js';

const now = new Date();
let from: TestDatabase;
let to: TestDatabase;
let home: string;
let file: string;
let data: string;

beforeAll(async () => {
  [from, to] = await Promise.all([testDatabase(), testDatabase()]);
  home = mkdtempSync(join(tmpdir(), 'muster-backup-'));
  data = join(home, 'data');
  file = join(home, 'backup.tar.gz');
  for (const room of ['keys', 'artifacts/aa', 'logs', 'postgres/base'])
    mkdirSync(join(data, room), { recursive: true });
  writeFileSync(join(data, 'keys/kek'), 'a secret', { mode: 0o600 });
  writeFileSync(join(data, 'artifacts/aa/firmware'), Buffer.alloc(3_000_000, 'x'));
  writeFileSync(join(data, 'artifacts/empty'), '');
  writeFileSync(join(data, 'logs/api.log'), 'noise');
  writeFileSync(join(data, 'postgres/base/1'), 'pages');
  await fill(from);
  await writeArchive({ ...from, folder: data, notArchived }, file, now);
});
afterAll(async () => {
  await Promise.all([from.drop(), to.drop()]);
  rmSync(home, { recursive: true, force: true });
});

/** A tenant with an owner, an audited act, and more telemetry than fits one piece of the archive. */
async function fill({ database }: TestDatabase): Promise<void> {
  await database.system(async (tx) => {
    await memberStore.ensureTenant(tx, { id: 'acme', name: 'Acme\tTab\nLine "quote" \\ backslash' });
    await memberStore.add(tx, 'acme', { email: 'ann@example.com', name: 'Ann', role: 'owner' });
    await tx.query(
      `insert into messages (device_key, produced_at, seq_no, kind, received_at, schema_version, dt_ms, metric, value, extra)
       select 1, $1::timestamptz - interval '3 days' * (n % 2), n, 0, $1, 1, '{0}', '{1}', array[n / 3.0], '{"note": "größer"}'
       from generate_series(1, 60000) n`,
      [now],
    );
  });
  await database.tenant('acme', (tx) =>
    audit.append(tx, { actor: { type: 'system', id: 'test' }, action: 'tenant.created', resource: 'tenant:acme' }),
  );
}

const content = (db: TestDatabase, table: string) =>
  db.database.system((tx) =>
    tx.query(`select md5(string_agg(t::text, '|' order by t::text)) as sum, count(*) as n from ${table} t`),
  );

async function load(target: TestDatabase, archive: string): Promise<void> {
  const loader = await DatabaseLoader.connect(target.ownerUrl, target.systemUrl);
  try {
    await readArchive(archive, null, {
      manifest: (manifest) => loader.begin(manifest),
      rows: (table, piece) => loader.rows(table, piece),
      closing: (closing) => loader.finish(closing),
    });
  } finally {
    await loader.close();
  }
}

const ignore = { manifest: async () => {}, rows: async () => {}, closing: async () => {} };

describe('a backup', () => {
  test('brings back every row and lets numbering go on', async () => {
    await load(to, file);
    for (const table of ['tenants', 'users', 'memberships', 'messages', 'audit_entries', 'audit_heads']) {
      expect(await content(to, table)).toEqual(await content(from, table));
    }
    const [messages] = await to.database.system((tx) => tx.query<{ n: string }>('select count(*) as n from messages'));
    expect(Number(messages?.n)).toBe(60_000);
  });

  test('is never loaded over what is there', async () => {
    await expect(load(to, file)).rejects.toThrow(/not empty/);
  });

  test('brings back files with their content and mode, and leaves out what belongs to one run', async () => {
    const target = join(home, 'restored');
    await readArchive(file, target, ignore);
    expect(readFileSync(join(target, 'keys/kek'), 'utf8')).toBe('a secret');
    expect(statSync(join(target, 'keys/kek')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(target, 'artifacts/aa/firmware'))).toHaveLength(3_000_000);
    expect(readFileSync(join(target, 'artifacts/empty'))).toHaveLength(0);
    expect(() => statSync(join(target, 'logs'))).toThrow();
    expect(() => statSync(join(target, 'postgres'))).toThrow();
  });

  test('is refused when it is cut short, and leaves the database empty', async () => {
    const cut = join(home, 'cut.tar.gz');
    writeFileSync(cut, readFileSync(file));
    truncateSync(cut, Math.floor(statSync(file).size * 0.7));
    const empty = await testDatabase();
    await expect(load(empty, cut)).rejects.toThrow(ArchiveError);
    const [tenants] = await empty.database.system((tx) => tx.query<{ n: string }>('select count(*) as n from tenants'));
    expect(Number(tenants?.n)).toBe(0);
    await empty.drop();
  });

  test('is refused when it is something else', async () => {
    const other = join(home, 'other.tar.gz');
    writeFileSync(other, 'not an archive');
    await expect(readArchive(other, null, ignore)).rejects.toThrow(ArchiveError);
  });

  test('is readable by its owner alone', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});
