import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';
import { quietly } from './run.mjs';

const oldest = [20, 19];
const serving = 24;

/** Installs from the lockfile unless what is installed already agrees with it. */
export async function installDependencies() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    throw new Error(`Muster needs Node ${oldest.join('.')} or later to begin with; this is ${process.versions.node}.`);
  }
  if (isInstalled()) return;
  // `npm run` says which npm it is; a bare `node tools/bootstrap.mjs` has to look one up.
  const npm = process.env.npm_execpath;
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm?.endsWith('.js')) await quietly('Installing', process.execPath, [npm, ...words]);
  else await quietly('Installing', 'npm', words, { shell: process.platform === 'win32' });
}

/** npm leaves a lockfile of what it really installed, written last: without it the installation was interrupted. */
function isInstalled() {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const found = JSON.parse(readFileSync(record, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/') || entry.link) return true;
    const got = found[path];
    // Optional packages for other platforms are in the lockfile and rightly not on disk.
    return got ? got.version === entry.version : Boolean(entry.optional || entry.peer || entry.devOptional);
  });
}

/** The Node that servers, tests and tools run on: the one npm brought along where there is one, else ours if new enough. */
export function servingNode() {
  const windows = process.platform === 'win32';
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const brought = join(root, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  if (existsSync(brought)) return brought;
  if (Number(process.versions.node.split('.')[0]) >= serving) return process.execPath;
  throw new Error(
    `Muster runs on Node ${serving}. There is no packaged Node for ${process.platform}-${process.arch}, and this one is ` +
      `${process.versions.node}: install Node ${serving} (for example with \`nvm install ${serving}\`) and run the command again.`,
  );
}
