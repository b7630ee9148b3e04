import { appendFileSync } from 'node:fs';

/** How much a benchmark does: half a minute of all, three minutes of all, or as much as the claim wants. */
export type Size = 'quick' | 'recipe' | 'full';
export const size: Size = process.env.MUSTER_QUICK ? 'quick' : process.env.MUSTER_RECIPE ? 'recipe' : 'full';
export const sized = <T>(sizes: Readonly<Record<Size, T>>): T => sizes[size];

/** What is wanted of a cell: at least or at most so much. Without either it is only shown. */
export interface Bound {
  readonly least?: number;
  readonly most?: number;
}

/** One line of the recipe. Kept where `tools/bench.mjs` gathers them, which says at the end how each stands to its bound. */
export function cell(id: string, what: string, value: number, unit: string, bound: Bound = {}, noisy = false): void {
  const file = process.env.MUSTER_BENCH_CELLS;
  if (file) appendFileSync(file, `${JSON.stringify({ id, what, value, unit, ...bound, noisy })}\n`);
}
