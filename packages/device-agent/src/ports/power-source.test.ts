import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freeDiskOf } from './disk-space.js';
import { linuxPowerSource } from './power-source.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-power-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Supply = Record<string, string | number>;
async function reading(supplies: Record<string, Supply>) {
  for (const [name, properties] of Object.entries(supplies)) {
    await mkdir(join(folder, name));
    for (const [file, value] of Object.entries(properties)) await writeFile(join(folder, name, file), `${value}\n`);
  }
  return linuxPowerSource(folder)();
}
const battery = (status: string, capacity: number) => ({ type: 'Battery', status, capacity });

describe('what a Linux device runs on', () => {
  test.each<[string, Record<string, Supply>, object]>([
    ['nobody knows', {}, {}],
    ['mains alone', { AC: { type: 'Mains', online: 1 } }, { source: 'mains' }],
    [
      'a battery that is drained',
      { AC: { type: 'Mains', online: 0 }, BAT0: battery('Discharging', 41) },
      { source: 'battery', batteryPercent: 41 },
    ],
    [
      'mains, with a battery beside it',
      { AC: { type: 'Mains', online: 1 }, BAT0: battery('Charging', 7) },
      { source: 'mains', batteryPercent: 7 },
    ],
    [
      'a battery that is full on a dock nobody sees',
      { BAT0: battery('Full', 100) },
      { source: 'mains', batteryPercent: 100 },
    ],
    ['the battery of a mouse does not count', { hid: { ...battery('Discharging', 3), scope: 'Device' } }, {}],
    [
      'a battery that does not say its level',
      { BAT0: { type: 'Battery', status: 'Discharging' } },
      { source: 'battery' },
    ],
  ])('%s', async (_, supplies, expected) => {
    expect(await reading(supplies)).toEqual(expected);
  });

  test('without the folder is not known', async () => {
    expect(await linuxPowerSource(join(folder, 'absent'))()).toEqual({});
  });
});

describe('free disk', () => {
  test('is told for a folder that does not exist yet', async () => {
    expect(await freeDiskOf(join(folder, 'state'))()).toBeGreaterThan(0);
  });

  test('is unknown where there can be no folder', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(await freeDiskOf(join(folder, 'file', 'below'))()).toBeNull();
  });
});
