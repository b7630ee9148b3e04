import type { Twin } from '@muster/contracts/devices/devices.schema';
import { expect, test } from 'vitest';
import { twinRows } from './twin-rows.js';

const drift = (path: string) => ({
  deviceId: 'd',
  deviceName: 'gw',
  path,
  class: 'diverged' as const,
  desired: null,
  reported: null,
  cause: null,
  since: '2026-11-21T06:00:00.000Z',
});

const twin = (over: Partial<Twin>): Twin => ({
  deviceId: 'd',
  desired: {},
  desiredVersion: 1,
  desiredAt: null,
  reported: {},
  reportedVersion: 1,
  reportedAt: null,
  ackedVersion: 1,
  drifts: [],
  ...over,
});

test('drifting keys come first, then managed ones, then what only the device reports', () => {
  const rows = twinRows(
    twin({
      desired: { config: { a: 1, b: 2 } },
      reported: { config: { a: 1, b: 9 }, uptime: 5 },
      drifts: [drift('/config/b')],
    }),
  );
  expect(rows.map((row) => [row.path, row.drift !== null, row.desired, row.reported])).toEqual([
    ['config.b', true, 2, 9],
    ['config.a', false, 1, 1],
    ['uptime', false, undefined, 5],
  ]);
});

test('a drift on a branch marks the leaves below it, and a key nobody has any more still gets its row', () => {
  const rows = twinRows(
    twin({ desired: { config: { mod: { x: 1 } } }, drifts: [drift('/config/mod'), drift('/config/gone')] }),
  );
  expect(rows.filter((row) => row.drift).map((row) => row.path)).toEqual(['config.gone', 'config.mod.x']);
});

test('an array is one value', () => {
  const rows = twinRows(twin({ desired: { config: { list: [1, 2] } }, reported: { config: { list: [1, 2] } } }));
  expect(rows.map((row) => row.path)).toEqual(['config.list']);
});
