import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface Row {
  readonly what: string;
  /** Measured rates or times of the same thing, one per round. */
  readonly rounds: readonly number[];
  readonly unit: 'ms' | 'per s';
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** A table whose last column is each row's ratio to the first one, median of the ratios round by round. */
export function report(title: string, rows: readonly [Row, ...Row[]]): void {
  const [reference] = rows;
  const lines = rows.map(({ what, rounds, unit }) => {
    const ratios = rounds.map((value, round) => value / reference.rounds[round]!);
    const digits = median(rounds) < 10 ? 2 : 0;
    return [what, `${median(rounds).toFixed(digits)} ${unit}`, `${median(ratios).toFixed(median(ratios) < 0.1 ? 3 : 2)}×`];
  });
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]!.length)));
  process.stdout.write(`\n${title}\n${machine()}\n`);
  for (const line of lines) process.stdout.write(`  ${line.map((text, i) => text.padEnd(widths[i]!)).join('  ')}\n`);
}

/** Milliseconds of one call. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Gives the planner statistics of freshly seeded tables, as autovacuum would have; only the owner may. */
export async function analyse(ownerUrl: string): Promise<void> {
  const client = new pg.Client(ownerUrl);
  await client.connect();
  await client.query('analyze');
  await client.end();
}

let facts: string | null = null;
/** What the numbers depend on: cores, memory, Node, load by others, and what a flush to disk costs here. */
export function machine(): string {
  facts ??= `  ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)}, fdatasync ${flushMs().toFixed(2)} ms`;
  return facts;
}

function flushMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'muster-bench-'));
  const file = openSync(join(folder, 'flush'), 'w');
  const block = Buffer.alloc(8192);
  const took = Array.from({ length: 100 }, () => {
    const began = performance.now();
    writeSync(file, block);
    fdatasyncSync(file);
    return performance.now() - began;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return median(took);
}
