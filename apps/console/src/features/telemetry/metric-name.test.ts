import { expect, test } from 'vitest';
import { metricName } from './metric-name.js';

test('a key with a unit at its end is read as name and unit', () => {
  expect(metricName('power_w', 'power_w', null)).toEqual({ title: 'Power', unit: 'W' });
  expect(metricName('system.cpu_percent', 'system.cpu_percent', null)).toEqual({ title: 'System CPU', unit: '%' });
  expect(metricName('system.memory_used_percent', '', null)).toEqual({ title: 'System memory used', unit: '%' });
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
