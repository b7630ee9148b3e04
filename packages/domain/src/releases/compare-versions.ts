/** Numeric fields before textual ones, and a shorter list before a longer one that begins with it (semver 11.4). */
const compareTails = (left: string, right: string): number => {
  const [a, b] = [left.split('.'), right.split('.')];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const step = compareFields(a[i]!, b[i]!);
    if (step !== 0) return step;
  }
  return Math.sign(a.length - b.length);
};

const compareFields = (left: string, right: string): number => {
  const [leftCounts, rightCounts] = [/^\d+$/.test(left), /^\d+$/.test(right)];
  if (leftCounts && rightCounts) return compareNumbers(left, right);
  if (leftCounts !== rightCounts) return leftCounts ? -1 : 1;
  return left === right ? 0 : left < right ? -1 : 1;
};

/** By value, for any number of digits. */
export const compareNumbers = (left: string, right: string): number => {
  const [a, b] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')];
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a === b ? 0 : a < b ? -1 : 1;
};

/** Whether this can be compared at all: devices may say anything of themselves (semver 2.0.0, 2, 9 and 10). */
export const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/.test(text);

/** Precedence of two semantic versions: below 0, 0 or above 0. Build metadata does not count (semver 2.0.0, 10 and 11). */
export const compareVersions = (left: string, right: string): number => {
  const [[a, aTail], [b, bTail]] = [partsOf(left), partsOf(right)];
  for (let i = 0; i < 3; i++) {
    const step = compareNumbers(a[i] ?? '0', b[i] ?? '0');
    if (step !== 0) return step;
  }
  if (aTail === null || bTail === null) return aTail === bTail ? 0 : aTail === null ? 1 : -1;
  return compareTails(aTail, bTail);
};

const partsOf = (version: string): [string[], string | null] => {
  const plain = version.split('+', 1)[0]!;
  const dash = plain.indexOf('-');
  return dash < 0 ? [plain.split('.'), null] : [plain.slice(0, dash).split('.'), plain.slice(dash + 1)];
};
