import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deviceName, type KeyRow, type KeysKnown, planRegisteredKeys } from './plan-registered-keys.js';

const key = fc.constantFrom('k1', 'k2', 'k3', 'k4');
const row: fc.Arbitrary<KeyRow> = fc.record({
  keyHash: key,
  model: fc.constantFrom('m1', 'm2'),
  serial: fc.constantFrom('s1', 's2', 's3'),
});
const rows = fc.array(row, { maxLength: 12 });
const nothing: KeysKnown = { registered: new Map(), taken: new Set(), devices: new Map() };

/** What is known once the plan was carried out. */
const after = (given: readonly KeyRow[], known: KeysKnown): KeysKnown => {
  const plans = planRegisteredKeys(given, known);
  const made = given.filter((_, i) => plans[i]!.kind === 'create');
  return {
    ...known,
    registered: new Map([
      ...known.registered,
      ...made.map((one) => [one.keyHash, { ...one, deviceId: deviceName(one), revoked: false }] as const),
    ]),
    devices: new Map([
      ...known.devices,
      ...made.map(
        (one) => [deviceName(one), { id: deviceName(one), state: 'pre_registered', awaitsKey: true }] as const,
      ),
    ]),
  };
};

it('gives one key to one device and one device one key', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const plans = planRegisteredKeys(given, nothing);
      const made = given.filter((_, i) => plans[i]!.kind === 'create');
      expect(new Set(made.map(({ keyHash }) => keyHash)).size).toBe(made.length);
      expect(new Set(made.map(deviceName)).size).toBe(made.length);
    }),
  );
});

it('makes nothing of the same rows again', () => {
  fc.assert(
    fc.property(rows, (given) => {
      const again = planRegisteredKeys(given, after(given, nothing));
      expect(again.filter(({ kind }) => kind === 'create')).toEqual([]);
    }),
  );
});

it('never takes a key that is somebody’s', () => {
  fc.assert(
    fc.property(rows, fc.uniqueArray(key), (given, taken) => {
      const plans = planRegisteredKeys(given, { ...nothing, taken: new Set(taken) });
      for (const [i, { keyHash }] of given.entries())
        if (taken.some((one) => one === keyHash)) expect(plans[i]!.kind).toBe('failed');
    }),
  );
});

it('registers keys for devices that never enrolled, and for no others', () => {
  const one = { keyHash: 'k1', model: 'm1', serial: 's1' };
  const device = (state: 'pre_registered' | 'active', awaitsKey = false): KeysKnown => ({
    ...nothing,
    devices: new Map([[deviceName(one), { id: 'd', state, awaitsKey }]]),
  });
  expect(planRegisteredKeys([one], device('pre_registered'))).toEqual([{ kind: 'create', deviceId: 'd' }]);
  expect(planRegisteredKeys([one], device('pre_registered', true))).toMatchObject([{ kind: 'failed' }]);
  expect(planRegisteredKeys([one], device('active'))).toEqual([{ kind: 'failed', message: 'the device is active' }]);
});
