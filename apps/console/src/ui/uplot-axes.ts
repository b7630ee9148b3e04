import uPlot from 'uplot';

export const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const two = (n: number) => String(n).padStart(2, '0');

/** Clock times in 24 hours; a tick on midnight, or a step of days, says the day. */
const timeTicks: uPlot.Axis.DynamicValues = (_, ticks, __, ___, step) =>
  ticks.map((tick) => {
    const at = new Date(tick * 1000);
    if (step >= 86_400 || (at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0))
      return at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' });
    const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
    return step < 60 ? `${time}:${two(at.getSeconds())}` : time;
  });

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

/** As many decimals as the step between ticks needs, so that neighbours never read the same. */
const valueTicks: uPlot.Axis.DynamicValues = (_, ticks, __, ___, step) => {
  const leading = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  // A step of 0.25 needs one decimal more than its size says.
  const whole = Math.abs(step * 10 ** leading - Math.round(step * 10 ** leading)) < 1e-6;
  const decimals = Math.min(6, whole ? leading : leading + 1);
  const format =
    step >= 1000
      ? compact
      : new Intl.NumberFormat('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return ticks.map((tick) => format.format(tick).replace('-', '−'));
};

const axis = (extra: uPlot.Axis): uPlot.Axis => ({
  stroke: colour('--text-3'),
  font: '11px "Inter Variable", system-ui, sans-serif',
  grid: { stroke: colour('--line'), width: 1 },
  ticks: { show: false },
  ...extra,
});

/** A time axis below and a value axis to the left, in the colours of the page. */
export const axes = (): uPlot.Axis[] => [
  axis({ size: 26, space: 80, values: timeTicks }),
  axis({ size: 54, space: 26, values: valueTicks }),
];

/** A value range with a little air; from zero for columns, which lie by their length. */
export const valueRange =
  (fromZero: () => boolean): uPlot.Scale.Range =>
  (_, low, high) => {
    // uPlot gives null for an axis without values, against its types.
    if (low === null || high === null) return [0, 1];
    if (!fromZero()) return uPlot.rangeNum(low, low === high ? low + 1 : high, 0.12, true);
    return [Math.min(0, low), high > 0 ? high * 1.1 : 1];
  };
