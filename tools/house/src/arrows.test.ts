import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { arrowCanaries } from './arrows.canaries.js';
import { root } from './tree.js';

const { options, ...ruleSet } = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs'));

async function violations(folder: string, rooms: string[]): Promise<string[]> {
  const { output } = await cruise(
    rooms,
    { ...options, ruleSet, validate: true, baseDir: folder },
    options.enhancedResolveOptions,
  );
  return (output as ICruiseResult).summary.violations
    .map(
      ({ rule, from, to }) =>
        `${rule.name}: ${from} → ${to.replace(/^.*node_modules\//, '').split('/')[0] === to.split('/')[0] ? to : to.replace(/^.*node_modules\//, '').split('/')[0]}`,
    )
    .sort();
}

describe('the arrows between packages, doors and slices', () => {
  let tree: string;

  beforeAll(() => {
    tree = realpathSync(mkdtempSync(join(tmpdir(), 'muster-canaries-')));
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
    for (const { from, to } of arrowCanaries) {
      const isFile = to.includes('/src/');
      const target = isFile
        ? relative(dirname(from), to)
            .replace(/\.ts$/, '.js')
            .replace(/^(?!\.)/, './')
        : to;
      put(from, `import * as other from '${target}';\nexport const one = other;\n`);
      if (isFile) put(to, 'export const fine = 1;\n');
    }
    put('apps/api/src/circle/one.ts', `import { two } from './two.js';\nexport const one = () => two;\n`);
    put('apps/api/src/circle/two.ts', `import { one } from './one.js';\nexport const two = () => one;\n`);
  });
  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  function put(path: string, content: string): void {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), content);
  }

  test('hold in the whole repository', { timeout: 60_000 }, async () => {
    expect(await violations(root, ['packages', 'apps', 'tools'])).toEqual([]);
  });

  test('are each missed when broken, once and by name', { timeout: 60_000 }, async () => {
    const expected = arrowCanaries.map(({ rule, from, to }) => `${rule}: ${from} → ${to.replace('node:', '')}`);
    expected.push('no-circle: apps/api/src/circle/one.ts → apps/api/src/circle/two.ts');
    expect(await violations(tree, ['packages', 'apps'])).toEqual(expected.sort());
  });

  test('have a canary for every rule', () => {
    const rules = (ruleSet.forbidden as { name: string }[]).map(({ name }) => name);
    const covered = new Set([...arrowCanaries.map(({ rule }) => rule), 'no-circle']);
    expect(rules.filter((name) => !covered.has(name))).toEqual([]);
  });
});
