import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';

export interface Row {
  readonly what: string;
  /** Measured rates or times of the same thing, one per round. */
  readonly rounds: readonly number[];
  readonly unit: 'ms' | 'per s';
}

export const median = (values: readonly number[]): number => {
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
    return [
      what,
      `${median(rounds).toFixed(digits)} ${unit}`,
      `${median(ratios).toFixed(median(ratios) < 0.1 ? 3 : 2)}×`,
    ];
  });
  printTable(`${title}\n${machine()}`, null, lines);
}

/** Columns as wide as their widest text. A line of one text is a heading and widens nothing. */
export function printTable(
  title: string,
  header: readonly string[] | null,
  lines: readonly (readonly string[])[],
): void {
  const all = header === null ? lines : [header, ...lines];
  const columns = Math.max(...all.map((line) => line.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...all.map((line) => (line.length === 1 ? 0 : (line[column]?.length ?? 0)))),
  );
  process.stdout.write(`\n${title}\n`);
  for (const line of all)
    process.stdout.write(
      `  ${line
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd()}\n`,
    );
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

let facts: readonly [string, string] | null = null;
/** What the numbers depend on: cores, memory, Node, load by others, what a flush to disk costs here, the database, the sources. */
export function machine(): string {
  facts ??= [
    `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
    `fdatasync ${flushMs().toFixed(2)} ms, revision ${revision()}\n  ${inject('postgresFacts')}`,
  ];
  return `  ${facts[0]}, load ${loadavg()[0]?.toFixed(1)}, ${facts[1]}`;
}

/** Of the sources that were measured; a plus where they were changed since. */
function revision(): string {
  try {
    const git = (...words: string[]) =>
      execFileSync('git', words, { encoding: 'utf8', cwd: import.meta.dirname }).trim();
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+')
    );
  } catch {
    return 'unknown';
  }
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
