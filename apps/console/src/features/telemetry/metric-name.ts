/** Units that stand at the end of metric keys, by the custom of "power_w" and "energy_kwh". */
const suffixes: Readonly<Record<string, string>> = {
  w: 'W',
  kw: 'kW',
  wh: 'Wh',
  kwh: 'kWh',
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
};

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

export interface MetricName {
  readonly title: string;
  readonly unit: string | null;
}

const spoken = (words: readonly string[]): string =>
  words
    .map((word, index) =>
      abbreviations.has(word) ? word.toUpperCase() : index === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : word,
    )
    .join(' ');

/**
 * What to call a metric: its catalogue title and unit where a person or a register map gave them, else the name our own
 * agents' metrics go by, else what can be read from the key, so that "pump.rpm" says "Pump" in "rpm".
 */
export const metricName = (metric: string, title: string, unit: string | null): MetricName => {
  const words = metric.split(/[._]/).filter((word) => word !== '');
  const last = words.at(-1) ?? '';
  const implied = words.length > 1 ? suffixes[last] : undefined;
  const named = title !== '' && title !== metric;
  return {
    title: named ? title : (called[metric] ?? spoken(implied ? words.slice(0, -1) : words)),
    unit: unit ?? implied ?? null,
  };
};
