import type { Client } from 'pg';

export interface DumpedTable {
  readonly name: string;
  readonly columns: string[];
}

/** Every table that holds facts, parents before the tables that refer to them. Partitions go under their parent's name. */
export async function listTables(client: Client): Promise<DumpedTable[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; parents: string[] }>(`
    select c.relname as name,
      (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      (select coalesce(array_agg(distinct p.relname::text), '{}') from pg_constraint k join pg_class p on p.oid = k.confrelid
        where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as parents
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migrations'
    order by c.relname`);
  const left = new Map(rows.map((row) => [row.name, row]));
  const ordered: DumpedTable[] = [];
  while (left.size > 0) {
    const free = [...left.values()].filter(({ parents }) => parents.every((parent) => !left.has(parent)));
    if (free.length === 0)
      throw new Error(`these tables refer to each other in a circle: ${[...left.keys()].join(', ')}`);
    for (const { name, columns } of free) {
      ordered.push({ name, columns });
      left.delete(name);
    }
  }
  return ordered;
}

/** Names of the migrations that were run: a dump fits only a schema with the same ones. */
export async function listMigrations(owner: Client): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>('select name from migrations order by id');
  return rows.map(({ name }) => name);
}

export async function listSequences(owner: Client): Promise<Record<string, string>> {
  const { rows } = await owner.query<{ name: string; last: string }>(
    `select sequencename as name, last_value::text as last from pg_sequences where schemaname = 'public' and last_value is not null`,
  );
  return Object.fromEntries(rows.map(({ name, last }) => [name, last]));
}

/** Start of the oldest day that has a partition of its own, as yyyymmdd. */
export async function oldestDay(client: Client): Promise<string | null> {
  const { rows } = await client.query<{ day: string | null }>(
    `select min(substring(relname from '\\d{8}$')) as day from pg_class where relispartition and relname ~ '^messages_\\d{8}$'`,
  );
  return rows[0]?.day ?? null;
}
