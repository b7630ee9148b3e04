// The one step that must run on any Node 20 with nothing installed: it installs what the lockfile names, builds what
// changed, and hands over to Node 24. Plain JavaScript without dependencies on purpose.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from './bootstrap/build.mjs';
import { installDependencies, servingNode } from './bootstrap/install.mjs';
import { root } from './bootstrap/root.mjs';

const launcher = join(root, 'tools/launcher/dist/main.js');
const commands = {
  start: { run: [launcher, 'start'] },
  backup: { run: [launcher, 'backup'] },
  restore: { run: [launcher, 'restore'] },
  'rotate-kek': { run: [launcher, 'rotate-kek'] },
  'root-key': { run: [launcher, 'root-key'] },
  migrate: { run: [launcher, 'migrate'] },
  bench: { run: [join(root, 'tools/bench.mjs')] },
  test: { run: [join(root, 'tools/test.mjs')] },
  build: {},
};

const [name = '', ...rest] = process.argv.slice(2);
const command = commands[name];
if (!command) {
  console.error(`Usage: node tools/bootstrap.mjs ${Object.keys(commands).join('|')} [options]`);
  process.exit(64);
}

try {
  await installDependencies();
  const node = servingNode();
  await build(node, { force: name === 'build' });
  if (command.run) handOver(node, [...command.run, ...rest]);
} catch (error) {
  console.error(`\n${error.message}\n`);
  process.exit(1);
}

/** Becomes, as far as Node can, the other process: its output, its signals, its exit code. */
function handOver(node, words) {
  const child = spawn(node, ['--enable-source-maps', ...words], { stdio: 'inherit' });
  // Ctrl-C reaches the child by itself, through the terminal's process group; this process only has to outlive it.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(signal ? 128 + (signal === 'SIGINT' ? 2 : 15) : (code ?? 1)));
}
