import pg from 'pg';

export interface RolePasswords {
  readonly app: string;
  readonly system: string;
}

const ATTEMPTS = 20;

/** Creates muster_app and muster_system or gives them these passwords. Roles belong to the cluster, so several databases may do this at once. */
export async function ensureRoles(client: pg.Client, passwords: RolePasswords): Promise<void> {
  await ensureRole(client, 'muster_app', 'nobypassrls', passwords.app);
  await ensureRole(client, 'muster_system', 'bypassrls', passwords.system);
  // Handing the messages table to the system role needs membership in it.
  await patiently(client, 'grant muster_system to current_user');
  const [database] = (await client.query<{ name: string }>('select current_database() as name')).rows;
  const name = pg.escapeIdentifier(database!.name);
  await patiently(client, `grant connect, temporary on database ${name} to muster_app, muster_system`);
}

async function ensureRole(client: pg.Client, role: string, bypass: string, password: string): Promise<void> {
  const options = `login nosuperuser nocreatedb nocreaterole ${bypass} password ${pg.escapeLiteral(password)}`;
  const known = await client.query('select from pg_roles where rolname = $1', [role]);
  if (known.rowCount === 0) {
    try {
      await client.query(`create role ${role} ${options}`);
      return;
    } catch (error) {
      if (!isRace(error)) throw error;
    }
  }
  await patiently(client, `alter role ${role} ${options}`);
}

/** Catalogue rows of roles and databases have no lock of their own: concurrent changes fail and must be repeated. */
async function patiently(client: pg.Client, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(sql);
      return;
    } catch (error) {
      if (!isRace(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

const isRace = (error: unknown): boolean =>
  error instanceof pg.DatabaseError &&
  (error.code === '42710' || error.code === '23505' || /tuple concurrently (updated|deleted)/.test(error.message));
