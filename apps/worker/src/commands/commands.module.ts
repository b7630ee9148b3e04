import { join } from 'node:path';
import { Database } from '@muster/persistence/database';
import { FileKeyStore } from '@muster/pki/keys/file-key-store';
import { loadKek } from '@muster/pki/keys/kek';
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
    const keys = join(settings.data, 'keys');
    return new CommandSigner(database, new FileKeyStore(keys, await loadKek(join(keys, 'kek'), settings.kek)), clock);
  },
};

/** Commands to devices and their answers. */
@Module({
  controllers: [StatusConsumer],
  providers: [signer, CommandReports, CommandsProcessor, Dispatcher],
  exports: [CommandSigner],
})
export class CommandsModule {}
