import { describe, expect, it } from 'vitest';
import { SensorFaults } from './sensor-faults.js';

const NOW = new Date('2026-11-21T12:00:00Z');
const at = (h: number) => new Date(NOW.getTime() + h * 3_600_000);
/** Counts hours: two metrics, so that the other one shows that it is left alone. */
const signals = (t: Date) => [
  { metric: 'a', value: (t.getTime() - NOW.getTime()) / 3_600_000, unit: 'W' },
  { metric: 'b', value: 7, unit: 'W' },
];
const read = (faults: SensorFaults, h: number) => faults.read(at(h), signals).map(({ value }) => value);

describe('a faulty sensor', () => {
  it('repeats, jumps, slides or shows a change from when it began, and only on its metric', () => {
    const began = { since: at(-2).toISOString(), pastHours: 240 };
    const of = (fault: object) => new SensorFaults([{ ...began, fault } as never]);
    const stuck = of({ kind: 'stuck', metric: 'a' });
    expect([read(stuck, -3), read(stuck, -2), read(stuck, 5)]).toEqual([
      [-3, 7],
      [-2, 7],
      [-2, 7],
    ]);
    const spike = of({ kind: 'spike', metric: 'a', by: 100, everyS: 3_600, forS: 60 });
    expect([read(spike, -3), read(spike, 0), read(spike, 0.5), read(spike, 1)]).toEqual([
      [-3, 7],
      [100, 7],
      [0.5, 7],
      [101, 7],
    ]);
    const drift = of({ kind: 'drift', metric: 'a', perDay: 24 });
    expect([read(drift, -3), read(drift, 1)]).toEqual([
      [-3, 7],
      [4, 7],
    ]);
    const shift = of({ kind: 'shift', metric: 'b', by: 3 });
    expect([read(shift, -3), read(shift, 1), shift.pastHours]).toEqual([[-3, 7], [1, 10], 240]);
  });

  it('is given and lifted while it runs', () => {
    const faults = new SensorFaults();
    faults.give({ kind: 'shift', metric: 'a', by: 5 }, at(1));
    faults.give({ kind: 'shift', metric: 'a', by: 50 }, at(1));
    expect([read(faults, 0), read(faults, 1)]).toEqual([
      [0, 7],
      [51, 7],
    ]);
    faults.lift({ kind: 'shift', metric: 'a', by: 0 });
    expect(read(faults, 1)).toEqual([1, 7]);
  });
});
