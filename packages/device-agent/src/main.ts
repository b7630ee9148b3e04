import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AgentArguments, readArguments, usage } from './cli/arguments.js';
import { runCore } from './cli/core.js';
import { exitCodes } from './cli/exit-codes.js';
import { logLines } from './cli/log-lines.js';
import { supervise } from './cli/supervise.js';
import { explainState, onlyState } from './cli/why.js';

/** `muster-agent …` supervises; it starts itself again as `muster-agent core …`, which is the agent. `muster-agent why` explains. */
async function main(argv: string[]): Promise<number> {
  const word = argv[0] === 'core' || argv[0] === 'why' ? argv[0] : null;
  const rest = word === null ? argv : argv.slice(1);
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
  if (word === 'why') return why(wanted);
  if (word === 'core') return runCore(wanted, log);
  return supervise(wanted.state, realpathSync(fileURLToPath(import.meta.url)), rest, log);
}

async function why({ state, stateNamed }: AgentArguments): Promise<number> {
  try {
    const { code, sentence } = await explainState(stateNamed ? state : await onlyState());
    process.stdout.write(`${sentence} [${code}]\n`);
    return exitCodes.done;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return exitCodes.refused;
  }
}

process.exit(await main(process.argv.slice(2)));
