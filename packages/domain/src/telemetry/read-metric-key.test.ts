import { expect, test } from 'vitest';
import { readMetricKey } from './read-metric-key.js';

test.each([
  ['flow_kw', 'Flow', 'kW', 'gauge'],
  ['pump.cpu_percent', 'Pump CPU', '%', 'gauge'],
  ['system.cpu_percent', 'Processor load', '%', 'gauge'],
  ['v', 'V', null, 'gauge'],
  ['door_open', 'Door open', null, 'gauge'],
  ['constructor', 'Constructor', null, 'gauge'],
  ['a.constructor', 'A constructor', null, 'gauge'],
])('the key %s is read as "%s" in %s, a %s', (key, title, unit, kind) => {
  expect(readMetricKey(key)).toEqual({ title, unit, kind });
});

test.each([
  ['energy_kwh', 'counter'],
  ['meter.energy_import_wh', 'counter'],
  ['requests_total', 'counter'],
  ['rain_total_l', 'counter'],
  ['battery.energy_wh', 'gauge'],
  ['energy_stored_kwh', 'gauge'],
  ['total', 'gauge'],
  ['power_w', 'gauge'],
])('%s is a %s: energy and totals count up, what is in store does not', (key, kind) => {
  expect(readMetricKey(key).kind).toBe(kind);
});
