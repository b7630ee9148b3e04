import type { Database } from '@muster/persistence/database';
import { FakeClock } from '@muster/testkit/fake-clock';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { Admission } from './admission.js';
import { DeviceRegistry } from './device-registry.js';
import { FloodLimit, type FloodPace } from './flood-limit.js';
import type { UplinkMessage } from './uplink.js';

const setUp = (pace: FloodPace = { perSecond: 10, burst: 100 }) => {
  const clock = new FakeClock();
  // Nothing is looked up: the registry is asked only for what it remembers.
  const registry = new DeviceRegistry({} as Database, clock);
  const metrics = new Registry();
  return { clock, metrics, flood: new FloodLimit(registry, pace, clock, metrics) };
};
const passed = (flood: FloodLimit, times: number, deviceId = 'a') => {
  let n = 0;
  for (let i = 0; i < times; i++) if (flood.admit(deviceId, 'telemetry') === null) n++;
  return n;
};

describe('a device', () => {
  test('may empty its buffer at once, and then goes on at the pace', () => {
    const { clock, flood } = setUp();
    expect(passed(flood, 500)).toBe(100);
    clock.advance(1_000);
    expect(passed(flood, 500)).toBe(10);
    clock.advance(3_600_000);
    expect(passed(flood, 500)).toBe(100);
  });

  test('never gets more than burst and pace, and never less when it keeps to them', () => {
    const steps = fc.array(fc.record({ waitMs: fc.integer({ min: 0, max: 5_000 }), sends: fc.nat(150) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(steps, (plan) => {
        const { clock, flood } = setUp();
        let sent = 0;
        let allowed = 100;
        for (const { waitMs, sends } of plan) {
          clock.advance(waitMs);
          allowed = Math.min(100, allowed + waitMs / 100);
          const wanted = Math.min(sends, Math.floor(allowed + 1e-6));
          const got = passed(flood, sends);
          expect(got).toBe(wanted);
          allowed -= got;
          sent += got;
        }
        expect(sent).toBeLessThanOrEqual(100 + plan.reduce((ms, { waitMs }) => ms + waitMs, 0) / 100 + 1);
      }),
    );
  });

  test('that floods is told until when to wait, once a second, and holds up nobody else', () => {
    const { clock, flood } = setUp();
    passed(flood, 100);
    const first = flood.admit('a', 'telemetry')!;
    expect(first).toEqual({ untilMs: clock.now().getTime() + 5_000, tell: true });
    expect(flood.admit('a', 'telemetry')!.tell).toBe(false);
    expect(passed(flood, 100, 'b')).toBe(100);
    clock.advance(5_000);
    expect(passed(flood, 50)).toBe(50);
  });

  test('that floods telemetry is still heard alive', () => {
    const { flood } = setUp();
    passed(flood, 200);
    expect(flood.admit('a', 'heartbeat')).toBeNull();
    expect(flood.admit('a', 'twin')).not.toBeNull();
  });
});

test('a flood is counted while it lasts and a minute longer, and listeners hear of every message', async () => {
  const { clock, flood, metrics } = setUp();
  const shed: string[] = [];
  flood.onShed((deviceId) => shed.push(deviceId));
  const since = clock.now();
  passed(flood, 103);
  expect(flood.floodingNow()).toEqual([{ deviceId: 'a', deviceKey: null, tenant: null, since, shed: 3 }]);
  expect(shed).toEqual(['a', 'a', 'a']);
  expect(await metrics.metrics()).toMatch(/muster_uplinks_shed_total 3/);
  expect(await metrics.metrics()).toMatch(/muster_devices_flooding 1/);
  clock.advance(60_001);
  expect(flood.floodingNow()).toEqual([]);
});

test('who comes while nothing is committed is asked to wait, once a pause, until the pipeline moves', () => {
  const { clock, flood } = setUp();
  const admission = new Admission(flood, clock);
  expect(admission.entered('a')).toBeNull();
  clock.advance(2_000);
  const until = admission.entered('a')! - clock.now().getTime();
  expect(until).toBeGreaterThanOrEqual(4_000);
  expect(until).toBeLessThanOrEqual(10_001);
  expect(admission.entered('a')).toBeNull();
  expect(admission.entered('b')).not.toBeNull();
  for (let i = 0; i < 4; i++) admission.left();
  expect(admission.entered('a')).toBeNull();
});

test('a dead letter that is replayed is no flood of its device', () => {
  const { clock, flood } = setUp({ perSecond: 1, burst: 1 });
  const admission = new Admission(flood, clock);
  const message = { deviceId: 'a' } as UplinkMessage;
  expect(admission.holdOf(message, 'telemetry')).toBeNull();
  expect(admission.holdOf(message, 'telemetry')).not.toBeNull();
  expect(admission.holdOf({ ...message, replayed: true }, 'telemetry')).toBeNull();
});
