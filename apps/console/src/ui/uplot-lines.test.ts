import { expect, test } from 'vitest';
import type { TimeLine } from './time-series.js';
import { alignedColumns, loneRows } from './uplot-lines.js';

const line = (label: string, values: Readonly<Record<number, number | null>>): TimeLine => {
  const t = Object.keys(values).map((second) => Number(second) * 1000);
  const avg = Object.values(values);
  const nothing = t.map(() => null);
  const none = t.map(() => 0);
  return { label, columns: { t, min: avg, max: avg, avg, delta: nothing, n: none, flags: none } };
};

test('a gap in one line stays one from reading to reading, whatever the line beside it has in between', () => {
  const silent = line('silent', { 10: 1, 20: null, 60: 2 });
  const steady = line('steady', { 10: 5, 20: 5, 30: 5, 40: 5, 50: 5, 60: 5 });
  expect(alignedColumns([silent, steady], false)[3]).toEqual([1, null, null, null, null, 2]);
});

test('readings of one line at other times than those of the other leave no gap in it', () => {
  const coarse = line('coarse', { 10: 1, 30: 2 });
  const fine = line('fine', { 10: 5, 20: 5, 30: 5 });
  expect(alignedColumns([coarse, fine], false)[3]).toEqual([1, undefined, 2]);
});

test('a reading with nothing before and after it is alone, wherever it stands', () => {
  expect(loneRows([1, null, 2, 3, null, 4, undefined, null, null, 5, undefined])).toEqual([0, 5, 9]);
  expect(loneRows([1, undefined, 2])).toEqual([]);
  expect(loneRows([7])).toEqual([0]);
});
