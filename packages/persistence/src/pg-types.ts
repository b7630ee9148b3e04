import pg from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;

const exact = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`a bigint of ${text} does not fit a number`);
  return value;
};

const parseInt8Array = (text: string): (number | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : exact(item)));

/**
 * How values come out of our own pools: bigint as number, refused when it would lose digits. Set per pool and not
 * on the driver, because the queue library shares the driver and expects its own types.
 */
export const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (format !== 'binary' && oid === INT8) return exact;
    if (format !== 'binary' && oid === INT8_ARRAY) return parseInt8Array;
    return pg.types.getTypeParser(oid as never, format as never);
  },
};
