import { expect, test } from 'vitest';
import { daysText, sizeLabel, windowText } from './plan-words.js';

test('days are said in the order of the week, three in a row as a range', () => {
  expect(daysText(['fri', 'mon', 'tue', 'wed', 'thu'])).toBe('Mon–Fri');
  expect(daysText(['sun', 'tue', 'sat'])).toBe('Tue, Sat, Sun');
  expect(daysText(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).toBe('every day');
});

test('a window says whose clock it follows', () => {
  expect(windowText({ days: ['mon'], from: '22:00', minutes: 240, timezone: 'device' })).toBe(
    'Mon from 22:00 for 4 h, by the clock of each device’s site',
  );
  expect(windowText({ days: ['sun'], from: '02:30', minutes: 90, timezone: 'Europe/Oslo' })).toBe(
    'Sun from 02:30 for 1 h 30 min, Europe/Oslo',
  );
});

test('one device is one device', () => {
  expect(sizeLabel({ devices: 1 })).toBe('1 device');
});
