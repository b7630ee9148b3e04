import { backup } from './backup/backup.js';
import { restore } from './backup/restore.js';
import { migrateOnly } from './migrate-only.js';
import { parseArchive, parseRootKey, parseStart, startUsage, UsageError } from './options.js';
import { rootKey } from './root-key.js';
import { rotateKek } from './rotate-kek.js';
import { start } from './start.js';
import { say } from './terminal.js';

const [command, ...words] = process.argv.slice(2);

try {
  await run();
  process.exit(0);
} catch (error) {
  const known = error instanceof UsageError;
  process.stderr.write(`\n${known ? error.message : ((error as Error).message ?? String(error))}\n\n`);
  process.exit(known ? 64 : 1);
}

async function run(): Promise<void> {
  if (command === 'start') {
    const options = parseStart(words);
    return options ? start(options) : say(startUsage);
  }
  if (command === 'migrate') return migrateOnly();
  if (command === 'rotate-kek') {
    const options = parseArchive(words);
    return options ? rotateKek(options) : say('Usage: npm run rotate-kek -- [--data DIR]');
  }
  if (command === 'root-key') {
    const options = parseRootKey(words);
    return options
      ? rootKey(options)
      : say('Usage: npm run root-key -- [status | offline FILE | online FILE] [--data DIR]');
  }
  if (command !== 'backup' && command !== 'restore') throw new UsageError(`unknown command ${command ?? ''}`);
  const options = parseArchive(words);
  if (!options) return say(`Usage: npm run ${command} -- [file] [--data DIR]`);
  return command === 'backup' ? backup(options) : restore(options);
}
