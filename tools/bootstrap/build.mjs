import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './root.mjs';
import { quietly } from './run.mjs';

const marks = join(root, 'node_modules/.cache/muster');
const bin = (path) => join(root, 'node_modules', path);

/** Each step with what it reads and one file it must have produced. */
const steps = [
  {
    name: 'servers',
    title: 'Building the servers',
    reads: ['packages', 'apps/api', 'apps/worker', 'tools', 'tsconfig.json', 'tsconfig.base.json'],
    makes: 'tools/launcher/dist/main.js',
    words: [bin('typescript/bin/tsc'), '-b'],
    // Without it a build after a failed one may repeat errors that are mended.
    whenForced: ['--force'],
  },
  {
    name: 'agent',
    title: 'Building the agent',
    reads: ['packages/device-agent', 'packages/contracts', 'packages/domain', 'packages/pki', 'packages/telemetry'],
    makes: 'packages/device-agent/dist/muster-agent.tgz',
    words: [join(root, 'packages/device-agent/bundle.mjs')],
    cwd: join(root, 'packages/device-agent'),
  },
  {
    name: 'console',
    title: 'Building the console',
    reads: ['apps/console', 'packages/contracts', 'packages/domain'],
    makes: 'apps/console/dist/index.html',
    words: [bin('vite/bin/vite.js'), 'build'],
    cwd: join(root, 'apps/console'),
  },
];

/**
 * Brings everything that runs up to date. A step is skipped when nothing it reads has changed since it last succeeded;
 * `force` builds everything from its sources alone.
 * @param {string} node
 * @param {{ force?: boolean }} [options]
 */
export async function build(node, { force = false } = {}) {
  for (const step of steps) {
    if (!existsSync(step.words[0])) continue;
    const mark = join(marks, `${step.name}.built`);
    const now = fingerprint(step.reads);
    const upToDate = existsSync(join(root, step.makes)) && existsSync(mark) && readFileSync(mark, 'utf8') === now;
    if (upToDate && !force) continue;
    const words = force ? [...step.words, ...(step.whenForced ?? [])] : step.words;
    await quietly(step.title, node, words, { cwd: step.cwd ?? root });
    mkdirSync(dirname(mark), { recursive: true });
    writeFileSync(mark, now);
  }
}

function fingerprint(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    const at = join(root, path);
    const found = statSync(at, { throwIfNoEntry: false });
    if (!found) return;
    if (!found.isDirectory()) hash.update(`${path} ${found.mtimeMs} ${found.size}\n`);
    else for (const name of readdirSync(at).sort()) if (!ignored.has(name)) visit(join(path, name));
  };
  for (const path of paths) visit(path);
  return hash.digest('hex');
}

const ignored = new Set(['node_modules', 'dist', '.vite', 'test-results']);
