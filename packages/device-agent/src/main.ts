import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readArguments, usage } from './cli/arguments.js';
import { runCore } from './cli/core.js';
import { exitCodes } from './cli/exit-codes.js';
import { logLines } from './cli/log-lines.js';
import { supervise } from './cli/supervise.js';

/** `muster-agent …` supervises; it starts itself again as `muster-agent core …`, which is the agent. */
async function main(argv: string[]): Promise<number> {
  const isCore = argv[0] === 'core';
  const rest = isCore ? argv.slice(1) : argv;
  let wanted: ReturnType<typeof readArguments>;
  try {
    wanted = readArguments(rest);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    return exitCodes.refused;
  }
  if (wanted === 'help') {
    process.stdout.write(usage);
    return exitCodes.done;
  }
  const log = logLines(wanted.verbose);
  if (isCore) return runCore(wanted, log);
  return supervise(wanted.state, realpathSync(fileURLToPath(import.meta.url)), rest, log);
}

process.exit(await main(process.argv.slice(2)));
