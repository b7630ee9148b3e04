// `npm run bench [-- [--quick] name …]`: benchmarks print ratios against a baseline of the same run, and the facts of the
// machine. `--quick` takes fewer and shorter rounds.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './bootstrap/root.mjs';

const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const names = process.argv.slice(2).filter((word) => word !== '--quick');
const words = ['run', '--project', 'bench', '--reporter=dot', ...names];
const env = process.argv.includes('--quick') ? { ...process.env, MUSTER_QUICK: '1' } : process.env;
const { status } = spawnSync(process.execPath, [vitest, ...words], { cwd: root, stdio: 'inherit', env });
process.exit(status ?? 1);
