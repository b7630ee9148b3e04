import { join } from 'node:path';
import { Database } from '@muster/persistence/database';
import { openKeks } from '@muster/pki/keys/kek';
import { openKeys } from '@muster/pki/keys/open-keys';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { Module } from '@nestjs/common';
import { CommandReports } from './command-reports.js';
import { CommandSigner } from './command-signer.js';
import { CommandsProcessor } from './commands.processor.js';
import { Dispatcher } from './dispatcher.js';
import { StatusConsumer } from './status.consumer.js';

const signer = {
  provide: CommandSigner,
  inject: [Database, SETTINGS, CLOCK],
  useFactory: async (database: Database, settings: Settings, clock: Clock) => {
    const folder = join(settings.data, 'keys');
    const keks = await openKeks(folder, settings);
    // Nothing here issues certificates or releases: keys for those do not open in this process.
    return new CommandSigner(database, openKeys(settings, { folder, keks }, ['command']), clock);
  },
};

/** Commands to devices and their answers. */
@Module({
  controllers: [StatusConsumer],
  providers: [signer, CommandReports, CommandsProcessor, Dispatcher],
  exports: [CommandSigner],
})
export class CommandsModule {}
