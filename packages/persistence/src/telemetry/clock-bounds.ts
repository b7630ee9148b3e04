/**
 * SQL for where messages can lie whose time was corrected: `judgeClock` corrects what is older than any device of ours and
 * what is ahead of its arrival, which is not before the corrected time. Reads look there beside the range they are asked
 * for, and nowhere else, so that every read stays bounded in time and Postgres skips the other partitions.
 */
export const neverSetBefore = `timestamptz '2020-01-01 00:00:00Z'`;
/** How far a reading may be from its message's time; the contract allows an hour either way. */
export const longestSpan = `interval '1 hour'`;
