import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeInstant } from './decode-instant.js';

describe('reading an instant', () => {
  it('gives what Date gives, over all the years an instant can say', () => {
    const years = {
      min: new Date('0000-01-01T00:00:00.000Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    };
    fc.assert(
      fc.property(fc.date(years), (at) => {
        expect(decodeInstant(at.toISOString())).toBe(at.getTime());
      }),
    );
  });

  it.each(['2026-13-01', '2026-00-10', '2026-02-30', '2025-02-29', '1900-02-29', '2026-04-31', '2026-01-00'])(
    '%s is no date of the calendar',
    (day) => expect(decodeInstant(`${day}T00:00:00.000Z`)).toBeNaN(),
  );

  it.each(['24:00:00.000', '12:60:00.000', '12:00:60.000'])('%s is no time of a day', (time) =>
    expect(decodeInstant(`2026-11-21T${time}Z`)).toBeNaN(),
  );

  it.each(['2024-02-29', '2000-02-29'])('%s is one', (day) =>
    expect(decodeInstant(`${day}T00:00:00.000Z`)).toBe(Date.parse(`${day}T00:00:00.000Z`)),
  );
});
