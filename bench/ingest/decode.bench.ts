import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { cell } from '../recipe.js';
import { machine, median, printTable } from '../report.js';
import type { Cell } from './decode-rounds.js';

/** In a process of its own, from what was built: a test runner's way of loading modules costs more than what is measured. */
async function measured(): Promise<Cell[]> {
  const child = fork(fileURLToPath(new URL('./decode-rounds.ts', import.meta.url)), [], { execArgv: [] });
  const [cells] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]) => [code])]);
  if (!Array.isArray(cells)) throw new Error(`the measuring process ended with ${cells}`);
  return cells as Cell[];
}

/** How much longer than `reference`, by rounds. */
const ratio = (cell: Cell, reference: Cell): number =>
  median(cell.rounds.map((value, round) => value / reference.rounds[round]!));

/** The last step of each load that turns bytes into what is handed to the database. */
const WHOLE = new Set(['decode, normalise, judge', 'decode']);

it('checking and normalising a message, beside its JSON.parse', async () => {
  const cells = await measured();
  const loads = Map.groupBy(cells, ({ load }) => load);
  const lines: string[][] = [];
  for (const [load, [reference, ...others]] of loads) {
    lines.push([load], [reference!.what, `${median(reference!.rounds).toFixed(2)} µs`, '1.00×', '']);
    for (const one of others) {
      const times = ratio(one, reference!);
      lines.push([
        one.what,
        `${median(one.rounds).toFixed(2)} µs`,
        `${times.toFixed(2)}×`,
        `${(times - 1).toFixed(2)}×`,
      ]);
    }
  }
  printTable(`From bytes to a row\n${machine()}`, ['', 'a message', 'of JSON.parse', 'beside it'], lines);
  const worst = [...loads.values()].flatMap(([reference, ...others]) =>
    others.filter(({ what }) => WHOLE.has(what)).map((one) => ratio(one, reference!) - 1),
  );
  cell('R11', 'checking and normalising beside JSON.parse, the dearest load', Math.max(...worst), '×', { most: 2 });
});
