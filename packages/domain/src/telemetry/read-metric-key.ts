/** Units that stand at the end of metric keys, by the custom of "power_w" and "energy_kwh". */
const units: Readonly<Record<string, string>> = {
  w: 'W',
  kw: 'kW',
  wh: 'Wh',
  kwh: 'kWh',
  mwh: 'MWh',
  varh: 'varh',
  va: 'VA',
  var: 'var',
  v: 'V',
  mv: 'mV',
  a: 'A',
  ma: 'mA',
  hz: 'Hz',
  c: '°C',
  k: 'K',
  percent: '%',
  pct: '%',
  dbm: 'dBm',
  s: 's',
  ms: 'ms',
  bar: 'bar',
  pa: 'Pa',
  lux: 'lx',
  rpm: 'rpm',
  kb: 'kB',
  mb: 'MB',
  m3: 'm³',
  l: 'l',
};
const energies = new Set(['wh', 'kwh', 'mwh', 'varh']);
/** What is in store goes up and down. */
const stored = new Set(['stored', 'remaining', 'available', 'capacity', 'battery']);
const abbreviations = new Set(['cpu', 'rssi', 'ram', 'co2', 'ph', 'io', 'ip']);

/** What the metrics of our own agents and simulator are called; their keys are for programs. */
const called: Readonly<Record<string, string>> = {
  power_w: 'Power',
  solar_w: 'Solar power',
  energy_kwh: 'Energy, total',
  temperature_c: 'Temperature',
  humidity_percent: 'Humidity',
  voltage_v: 'Voltage',
  current_a: 'Current',
  'system.cpu_percent': 'Processor load',
  'system.load1': 'Load, one minute',
  'system.memory_used_percent': 'Memory in use',
  'system.temperature_c': 'Board temperature',
  'system.uptime_s': 'Up for',
};

export interface MetricReading {
  readonly title: string;
  readonly unit: string | null;
  readonly kind: 'gauge' | 'counter';
}

/**
 * What a metric's key says by custom, for as long as nobody says more: "pump.rpm" is "Pump" in "rpm", "energy_kwh" and
 * "requests_total" count up. The catalogue takes unit and kind from here when it first sees a key; titles are read whenever
 * one is shown, so that they need not be kept.
 */
export const readMetricKey = (key: string): MetricReading => {
  const words = key.split(/[._]/).filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  const unit = words.length > 1 && Object.hasOwn(units, last) ? units[last]! : null;
  const name = unit === null ? words : words.slice(0, -1);
  const title = Object.hasOwn(called, key) ? called[key]! : spoken(name);
  return {
    title: title === '' ? key : title,
    unit,
    kind: countsUp(name, unit === null ? '' : last) ? 'counter' : 'gauge',
  };
};

const countsUp = (name: readonly string[], unit: string): boolean =>
  (name.length > 1 && name.at(-1) === 'total') || (energies.has(unit) && !name.some((word) => stored.has(word)));

const spoken = (words: readonly string[]): string =>
  words
    .map((word, index) =>
      abbreviations.has(word) ? word.toUpperCase() : index === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word,
    )
    .join(' ');
