import { roles } from '@muster/contracts/access/permissions';
import { campaignStates, waveStates } from '@muster/contracts/campaigns/campaigns.schema';
import { executionStates } from '@muster/contracts/campaigns/executions.schema';
import { certificateSources, certificateStates } from '@muster/contracts/certificates/certificates.schema';
import { commandStates } from '@muster/contracts/commands/commands.schema';
import { deviceStates, driftClasses, presences } from '@muster/contracts/devices/devices.schema';
import { approvalKinds, approvalStates } from '@muster/contracts/enrollment/approvals.schema';
import { manufacturerStates } from '@muster/contracts/enrollment/manufacturers.schema';
import { releaseStates } from '@muster/contracts/releases/releases.schema';
import { deadLetterStates } from '@muster/contracts/telemetry/telemetry.schema';
import { changeStates, generationStates, signingKeyStates } from '@muster/contracts/trust/trust.schema';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entities } from './entities.js';
import { SnakeNaming } from './naming.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

/** Indexes, checks, keys to other tables and uniqueness are written in migrations alone; entities say what a row is. */
const KEPT_BY_MIGRATIONS = /^(DROP INDEX|ALTER TABLE "\w+" DROP CONSTRAINT)/;

describe('the schema', () => {
  it('has for every table an entity with the same columns', async () => {
    const source = await new DataSource({
      type: 'postgres',
      url: test.ownerUrl,
      entities,
      namingStrategy: new SnakeNaming(),
      installExtensions: false,
    }).initialize();
    try {
      const { upQueries } = await source.driver.createSchemaBuilder().log();
      expect(upQueries.map(({ query }) => query).filter((query) => !KEPT_BY_MIGRATIONS.test(query))).toEqual([]);
      const tables = await source.query<{ relname: string }[]>(
        `select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
           and not relispartition and relname <> 'migrations' order by 1`,
      );
      expect(source.entityMetadatas.map(({ tableName }) => tableName).sort()).toEqual(
        tables.map(({ relname }) => relname),
      );
    } finally {
      await source.destroy();
    }
  });

  it.each([
    ['memberships', 'role', roles],
    ['devices', 'state', deviceStates],
    ['device_state', 'presence', presences],
    ['drifts', 'class', driftClasses],
    ['certificates', 'state', certificateStates],
    ['certificates', 'source', certificateSources],
    ['authorities', 'state', generationStates],
    ['signing_keys', 'state', signingKeyStates],
    ['trust_changes', 'state', changeStates],
    ['approvals', 'state', approvalStates],
    ['approvals', 'kind', approvalKinds],
    ['manufacturers', 'state', manufacturerStates],
    ['commands', 'state', commandStates],
    ['releases', 'state', releaseStates],
    ['campaigns', 'state', campaignStates],
    ['campaign_waves', 'state', waveStates],
    ['executions', 'state', executionStates],
    ['dead_letters', 'state', deadLetterStates],
  ])('knows the words of %s.%s', async (table, column, words) => {
    const [row] = await test.database.system((tx) =>
      tx.query<{ definition: string }>(
        `select pg_get_constraintdef(oid) as definition from pg_constraint
         where conrelid = $1::regclass and conname = $2`,
        [table, `${table}_${column}_check`],
      ),
    );
    const known = [...row!.definition.matchAll(/'([a-z_]+)'::text/g)].map(([, word]) => word);
    expect(known.sort()).toEqual([...words].sort());
  });
});
