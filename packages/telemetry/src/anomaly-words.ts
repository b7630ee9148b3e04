/** A number as people say it: four digits that count, no exponent before a million. */
export const say = (value: number): string => {
  const short = Number(value.toPrecision(4));
  return Math.abs(short) >= 1e6 || (short !== 0 && Math.abs(short) < 1e-4) ? short.toExponential() : String(short);
};

/** As the sensor says it: values it repeats are not rounded. */
export const sayExactly = (value: number): string => String(Number(value.toPrecision(12)));

export const withUnit = (text: string, unit: string | null): string => (unit === null ? text : `${text} ${unit}`);

export const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;

/** A series by name: `temperature_c at hall-2/boiler`. */
export const nameSeries = (metric: string, where: string): string => `${metric} at ${where}`;

/** What is said of a personal metric to those who may not see its values. */
export const sentenceWithoutValues = (kind: string, series: string): string => {
  switch (kind) {
    case 'stuck':
      return `${series} repeats itself; its values are personal`;
    case 'spike':
      return `${series} had readings far outside; its values are personal`;
    case 'drift':
      return `${series} moves away slowly; its values are personal`;
    default:
      return `${series} is unlike its baseline; its values are personal`;
  }
};
