import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './tree.js';

interface Entry {
  readonly optionalDependencies?: Record<string, string>;
  readonly resolved?: string;
  readonly link?: boolean;
}
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Entry> };

// npm install leaves out platform packages the registry lacks and says nothing; npm ci then refuses the lockfile.
test('every optional dependency a package names is in the lockfile', () => {
  const known = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')));
  const missing = Object.entries(lock.packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !known.has(name))
      .map((name) => `${name}, wanted by ${path || 'the workspace'}`),
  );
  expect(missing).toEqual([]);
});

test('workspaces take every third-party version from the root', () => {
  const workspaces = Object.keys(lock.packages).filter((path) => /^(packages|apps|tools)\/[^/]+$/.test(path));
  const own = workspaces.flatMap((path) => {
    const { dependencies = {}, devDependencies = {} } = JSON.parse(
      readFileSync(join(root, path, 'package.json'), 'utf8'),
    );
    return Object.entries({ ...dependencies, ...devDependencies })
      .filter(([, version]) => version !== '*')
      .map(([name]) => `${path}: ${name}`);
  });
  expect(workspaces.length).toBeGreaterThan(10);
  expect(own).toEqual([]);
});
