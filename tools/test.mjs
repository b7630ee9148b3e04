// Everything that must hold, in the order in which it is cheapest to learn that it does not. The last line is the sum.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './bootstrap/root.mjs';
import { fetchRequirements } from './test/requirements.mjs';
import { check, playwright, vitest } from './test/suites.mjs';

const { values } = parseArgs({ options: { full: { type: 'boolean' }, only: { type: 'string' } } });
if (values.full) process.env.MUSTER_FULL = '1';

const bin = (path) => join(root, 'node_modules', path);
const suites = {
  format: () => check('format and lint', bin('@biomejs/biome/bin/biome'), ['ci', '--colors=off', '.']),
  types: () => check('types of the tests', bin('typescript/bin/tsc'), ['-p', 'tsconfig.test.json', '--noEmit']),
  console: () =>
    check('types of the console', bin('typescript/bin/tsc'), ['-p', 'apps/console/tsconfig.json', '--noEmit']),
  unit: () => vitest('unit', { minutes: 8 }),
  int: () => vitest('int', { minutes: 20 }),
  // Journeys mostly wait for devices: two at a time keep two cores busy.
  journey: () => vitest('journey', { minutes: values.full ? 120 : 30, workers: 2 }),
  browser: () => playwright({ minutes: 25 }),
};
const wanted = values.only ? values.only.split(',') : Object.keys(suites);

rmSync(join(root, 'test-results'), { recursive: true, force: true });
const results = [];
const began = performance.now();
try {
  fetchRequirements(wanted);
  for (const name of wanted) {
    if (!suites[name]) throw new Error(`there is no suite ${name}; there are ${Object.keys(suites).join(', ')}`);
    results.push(await suites[name]());
  }
} catch (error) {
  console.error(`\n${error.message}`);
  results.push({ name: 'the run itself', passed: 0, failed: 1, seconds: 0 });
}

const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`\n${'suite'.padEnd(24)}${'passed'.padStart(8)}${'failed'.padStart(8)}${'seconds'.padStart(9)}`);
for (const { name, passed, failed, seconds } of results) {
  console.log(
    `${name.padEnd(24)}${String(passed).padStart(8)}${String(failed).padStart(8)}${seconds.toFixed(0).padStart(9)}`,
  );
}
console.log(`\ntook ${((performance.now() - began) / 60_000).toFixed(1)} minutes`);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') > 0 || sum('passed') === 0 ? 1 : 0);
