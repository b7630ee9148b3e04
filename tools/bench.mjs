// `npm run bench [name …]`: benchmarks print ratios against a baseline of the same run, and the facts of the machine.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './bootstrap/root.mjs';

const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const words = ['run', '--project', 'bench', '--reporter=dot', ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, [vitest, ...words], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
