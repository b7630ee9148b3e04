import { expect, test } from 'vitest';
import { metricName } from './metric-name.js';

test('a key with a unit at its end is read as name and unit', () => {
  expect(metricName('flow_kw', 'flow_kw', null)).toEqual({ title: 'Flow', unit: 'kW' });
  expect(metricName('pump.cpu_percent', 'pump.cpu_percent', null)).toEqual({ title: 'Pump CPU', unit: '%' });
  expect(metricName('tank.level_used_percent', '', null)).toEqual({ title: 'Tank level used', unit: '%' });
});

test('metrics of our own agents go by names people use', () => {
  expect(metricName('system.cpu_percent', 'system.cpu_percent', null)).toEqual({ title: 'Processor load', unit: '%' });
  expect(metricName('energy_kwh', '', null)).toEqual({ title: 'Energy, total', unit: 'kWh' });
});

test('a title and a unit of the catalogue win', () => {
  expect(metricName('power_w', 'Active power', 'kW')).toEqual({ title: 'Active power', unit: 'kW' });
});

test('a key that is nothing but a unit keeps its name', () => {
  expect(metricName('v', 'v', null)).toEqual({ title: 'V', unit: null });
});

test('a key without a known unit is only spoken', () => {
  expect(metricName('door_open', '', null)).toEqual({ title: 'Door open', unit: null });
});
