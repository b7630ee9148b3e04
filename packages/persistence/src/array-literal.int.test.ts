import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { arrayLiteral, quoted } from './array-literal.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await testDatabase();
});
afterAll(() => test.drop());

const back = (type: string, literal: string) =>
  test.database.system(async (tx) => {
    const [row] = await tx.query<{ value: unknown }>(`select to_jsonb($1::${type}[]) as value`, [literal]);
    return row!.value;
  });

describe('array literals', () => {
  it('of any text read back as they were', async () => {
    // Postgres holds no NUL and no half of a surrogate pair in text.
    const text = fc.string({ unit: 'grapheme' }).filter((one) => !one.includes('\0') && one.isWellFormed());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text), { minLength: 1 }), async (texts) => {
        const literal = arrayLiteral(texts, (one) => (one === null ? null : quoted(one)));
        expect(await back('text', literal)).toEqual(texts);
      }),
      { numRuns: 60 },
    );
  });

  it('of numbers read back to the last digit', async () => {
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(number), { minLength: 1 }), async (numbers) => {
        expect(
          await back(
            'float8',
            arrayLiteral(numbers, (one) => one),
          ),
        ).toEqual(numbers);
      }),
      { numRuns: 60 },
    );
  });

  it('of nothing are empty', async () => {
    expect(
      await back(
        'int',
        arrayLiteral([], () => null),
      ),
    ).toEqual([]);
  });
});
