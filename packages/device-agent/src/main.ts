import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AgentArguments, readArguments, usage } from './cli/arguments.js';
import { runCore } from './cli/core.js';
import { exitCodes } from './cli/exit-codes.js';
import { logLines } from './cli/log-lines.js';
import { makeKey } from './cli/make-key.js';
import { supervise } from './cli/supervise.js';
import { explainState, onlyState } from './cli/why.js';

/** `muster-agent …` supervises; it starts itself again as `muster-agent core …`, which is the agent. The other words say something and end. */
async function main(argv: string[]): Promise<number> {
  const word = ['core', 'why', 'key'].includes(argv[0] ?? '') ? argv[0] : null;
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
  if (word === 'why') return say(why(wanted));
  if (word === 'key') return say(makeKey(wanted.state));
  if (word === 'core') return runCore(wanted, log);
  return supervise(wanted.state, realpathSync(fileURLToPath(import.meta.url)), rest, log);
}

async function why({ state, stateNamed }: AgentArguments): Promise<string> {
  const { code, sentence } = await explainState(stateNamed ? state : await onlyState());
  return `${sentence} [${code}]\n`;
}

async function say(saying: Promise<string>): Promise<number> {
  try {
    process.stdout.write(await saying);
    return exitCodes.done;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return exitCodes.refused;
  }
}

process.exit(await main(process.argv.slice(2)));
