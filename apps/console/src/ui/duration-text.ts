const units = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** Seconds as people write them, with nothing dropped: 5400 → "1 h 30 min", 0 → "0 s". */
export const durationText = (seconds: number): string => {
  let rest = seconds;
  const parts: string[] = [];
  for (const [name, size] of units) {
    const n = Math.floor(rest / size);
    if (n > 0) parts.push(`${n} ${name}`);
    rest -= n * size;
  }
  return parts.join(' ') || '0 s';
};

const sizeOf = (unit: string): number | undefined =>
  /^s(ec(onds?)?)?$/.test(unit)
    ? 1
    : /^m(in(utes?)?)?$/.test(unit)
      ? 60
      : /^h(ours?)?$/.test(unit)
        ? 3600
        : /^d(ays?)?$/.test(unit)
          ? 86_400
          : undefined;

/** "90", "15 min", "1h30m" → seconds; a bare number is seconds. Null for what is no duration. */
export const parseDuration = (text: string): number | null => {
  const trimmed = text.trim().toLowerCase();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  if (!/^(\d+\s*[a-z]+\s*)+$/.test(trimmed)) return null;
  let sum = 0;
  for (const [, n, unit] of trimmed.matchAll(/(\d+)\s*([a-z]+)/g)) {
    const size = sizeOf(unit!);
    if (size === undefined) return null;
    sum += Number(n) * size;
  }
  return sum;
};
