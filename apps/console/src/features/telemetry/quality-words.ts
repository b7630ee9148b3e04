import type { qualityFlags, unusable } from '@muster/contracts/telemetry/telemetry.schema';

/** The contract's bits, written out so that no chart loads its schemas; they do not compile when they differ. */
const bits = {
  missing: 1,
  notFinite: 2,
  outOfRange: 4,
  stuck: 8,
  duplicate: 16,
} as const satisfies typeof qualityFlags;
const leftOut: typeof unusable = bits.missing | bits.notFinite | bits.outOfRange | bits.duplicate;

const said: Readonly<Record<keyof typeof bits, string>> = {
  missing: 'could not be read by the device',
  notFinite: 'not a number',
  outOfRange: 'outside the physical range',
  stuck: 'unchanged for too long',
  duplicate: 'sent twice for the same instant',
};

const keys = Object.keys(bits) as (keyof typeof bits)[];

/** Whether readings with these flags count in no aggregate. */
export const isLeftOut = (flags: number): boolean => (flags & leftOut) !== 0;

/** "left out: outside the physical range; suspect: unchanged for too long"; empty when nothing is wrong. */
export const qualityWords = (flags: number): string => {
  const of = (out: boolean) =>
    keys.filter((key) => (flags & bits[key]) !== 0 && isLeftOut(bits[key]) === out).map((key) => said[key]);
  const parts = [
    ['left out', of(true)],
    ['suspect', of(false)],
  ] as const;
  return parts
    .filter(([, reasons]) => reasons.length > 0)
    .map(([what, reasons]) => `${what}: ${reasons.join(', ')}`)
    .join('; ');
};
