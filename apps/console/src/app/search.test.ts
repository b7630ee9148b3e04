import { expect, test } from 'vitest';
import { campaignSearch, deviceSearch, devicesSearch } from './search.js';

test('what the address says is read into typed state', () => {
  expect(devicesSearch({ q: '123', presence: 'offline', sort: '-lastSeenAt' })).toEqual({
    q: '123',
    presence: 'offline',
    sort: '-lastSeenAt',
  });
  expect(deviceSearch({ tab: 'twin', from: '1700000000000' })).toEqual({ tab: 'twin', from: 1_700_000_000_000 });
});

test('what it does not know is left out', () => {
  expect(devicesSearch({ sort: 'password', state: 'a b', other: 'x', q: '' })).toEqual({});
  expect(campaignSearch({ tab: 'nonsense', wave: '-1' })).toEqual({});
});

test('what it does not know does not come through from the address either', () => {
  const raw = { range: 'zzz', from: 'abc', to: '9000000000000000', draw: 'what' };
  expect({ ...raw, ...deviceSearch(raw) }).toEqual({});
});
