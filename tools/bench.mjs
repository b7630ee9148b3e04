// `npm run bench [-- [--quick] name …]`: benchmarks print ratios against a baseline of the same run, and the facts of the
// machine. `--quick` takes fewer and shorter rounds. The name `recipe` stands for the cells R1 to R16 in three minutes.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bootstrap/root.mjs';

const RECIPE = [
  'bench/ingest/insert',
  'bench/ingest/decode',
  'bench/ingest/ingest.bench',
  'bench/ingest/connections',
  'bench/telemetry/recipe',
];
const ELSEWHERE =
  'R14  nothing acknowledged is lost when worker, broker or Postgres are killed: proven, not measured, by the journeys 03 and 16 (`npm test`)';

const began = performance.now();
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const asked = process.argv.slice(2).filter((word) => word !== '--quick');
const isRecipe = asked.includes('recipe');
const names = asked.flatMap((name) => (name === 'recipe' ? RECIPE : [name]));
const results = join(root, 'bench/results');
const gathered = join(results, `cells-${process.pid}.jsonl`);
mkdirSync(results, { recursive: true });

const env = { ...process.env, MUSTER_BENCH_CELLS: gathered };
if (process.argv.includes('--quick')) env.MUSTER_QUICK = '1';
else if (isRecipe) env.MUSTER_RECIPE = '1';
const words = ['run', '--project', 'bench', '--reporter=dot', ...names];
const { status } = spawnSync(process.execPath, [vitest, ...words], { cwd: root, stdio: 'inherit', env });

const cells = existsSync(gathered)
  ? readFileSync(gathered, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
rmSync(gathered, { force: true });
if (cells.length > 0) summarise(cells);
process.exit(status ?? 1);

function summarise(all) {
  const order = (id) => Number(id.slice(1)) || 99;
  const lines = all.map((cell) => ({ ...cell, verdict: verdictOf(cell) })).sort((a, b) => order(a.id) - order(b.id));
  const width = Math.max(...lines.map(({ what }) => what.length));
  console.log('\nThe cells, each beside what is wanted of it');
  for (const { id, what, value, unit, verdict } of lines)
    console.log(`  ${id.padEnd(4)} ${what.padEnd(width)}  ${`${digits(value)} ${unit}`.padStart(10)}  ${verdict}`);
  if (isRecipe) console.log(`  ${ELSEWHERE}`);
  const tookS = Math.round((performance.now() - began) / 1000);
  console.log(`  ${tookS} s in all`);
  const file = join(results, `${isRecipe ? 'recipe' : 'cells'}.json`);
  writeFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), tookS, cells: lines }, null, 2)}\n`);
  console.log(`  written to ${file}`);
}

/** Words, and never an exit code: a busy machine is no defect. */
function verdictOf({ value, least, most, noisy }) {
  if (least === undefined && most === undefined) return 'shown only';
  const within = (least === undefined || value >= least) && (most === undefined || value <= most);
  const bound = least === undefined ? `at most ${most}` : `at least ${least}`;
  const word = within ? 'within' : least === undefined ? 'above' : 'below';
  return `${word} (${bound})${noisy ? ', noisy: others used the machine' : ''}`;
}

function digits(value) {
  return value < 10 ? value.toFixed(2) : value.toFixed(value < 100 ? 1 : 0);
}
