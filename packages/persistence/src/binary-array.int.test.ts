import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BinaryType, binaryArray, flatArray, textArray } from './binary-array.js';
import { isDataFault } from './failures.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

/** As text, since JSON knows neither NaN nor the sign of zero. */
const back = (type: string, array: Buffer) =>
  test.database.system(async (tx) => {
    const rows = await tx.query<{ value: string | null }>(`select u::text as value from unnest($1::${type}[]) u`, [
      array,
    ]);
    return rows.map(({ value }) => value);
  });

const whole = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
/** One that is no NULL is always there: an array of nothing else travels as an empty one. */
const withNulls = <T>(one: fc.Arbitrary<T>) =>
  fc.tuple(fc.array(fc.option(one)), one).map(([some, last]) => [...some, last]);

const numbers: readonly [BinaryType, fc.Arbitrary<number>, (text: string) => number][] = [
  ['int2', whole(16), Number],
  ['int4', whole(32), Number],
  ['int8', fc.maxSafeInteger(), Number],
  ['float8', fc.double(), Number],
  [
    'timestamptz',
    fc.integer({ min: Date.UTC(-4000, 0, 1), max: Date.UTC(200_000, 0, 1) }),
    (text) => Number(text.replace('.', '').replace(/000$/, '')),
  ],
];

describe('binary arrays', () => {
  it.each(numbers)('of %s read back to the last digit, NULL included', async (type, one, parse) => {
    const read = type === 'timestamptz' ? 'extract(epoch from u)' : 'u';
    await fc.assert(
      fc.asyncProperty(withNulls(one), async (values) => {
        const rows = await test.database.system((tx) =>
          tx.query<{ value: string | null }>(`select (${read})::text as value from unnest($1::${type}[]) u`, [
            binaryArray(type, values, (value) => value),
          ]),
        );
        expect(rows.map(({ value }) => (value === null ? null : parse(value)))).toEqual(values);
      }),
      { numRuns: 60 },
    );
  });

  it('of any text read back as they were', async () => {
    // Postgres holds no NUL and no half of a surrogate pair in text.
    const text = fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0') && one.isWellFormed());
    await fc.assert(
      fc.asyncProperty(withNulls(text), async (texts) => {
        expect(
          await back(
            'text',
            textArray(texts, (one) => one),
          ),
        ).toEqual(texts);
      }),
      { numRuns: 60 },
    );
  });

  it('of rows of several values hold them one after another', async () => {
    const rows = fc.array(fc.array(fc.double({ noNaN: true })), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(rows, async (all) => {
        const read = await back(
          'float8',
          flatArray('float8', all, (row) => row),
        );
        expect(read.map(Number)).toEqual(all.flat());
      }),
      { numRuns: 60 },
    );
  });

  it('of nothing, or of NULL alone, are empty', async () => {
    expect(
      await back(
        'int4',
        binaryArray('int4', [null, null], (one) => one),
      ),
    ).toEqual([]);
    expect(
      await back(
        'int4',
        flatArray('int4', [[], []], (one) => one),
      ),
    ).toEqual([]);
    expect(
      await back(
        'text',
        textArray([null], (one) => one),
      ),
    ).toEqual([]);
  });

  it.each([
    ['int2', 40_000],
    ['int4', 2 ** 31],
    ['int4', 1.5],
    ['int8', 2 ** 63],
    ['int8', Number.NaN],
    ['timestamptz', Number.NaN],
  ] as const)('of %s refuse %d as a fault of the data, as Postgres would', (type, value) => {
    const write = () => binaryArray(type, [value], (one) => one);
    expect(write).toThrow(RangeError);
    expect(isDataFault(Object.assign(new Error('of the same code'), { code: codeOf(write) }))).toBe(true);
  });
});

const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};
