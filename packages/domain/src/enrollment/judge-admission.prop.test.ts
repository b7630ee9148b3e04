import { deviceStates } from '@muster/contracts/devices/devices.schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AdmissionFacts, judgeAdmission } from './judge-admission.js';

const facts: fc.Arbitrary<AdmissionFacts> = fc.record({
  state: fc.option(fc.constantFrom(...deviceStates)),
  live: fc.integer({ min: 0, max: 2 }),
  revoked: fc.boolean(),
  readmitted: fc.boolean(),
  bound: fc.boolean(),
  keyDiffers: fc.boolean(),
});

it('never revives who is out without a permission', () => {
  fc.assert(
    fc.property(facts, (given) => {
      const out =
        ['quarantined', 'decommissioning', 'decommissioned'].includes(given.state ?? '') ||
        ((given.state === 'active' || given.state === 'maintenance') && given.live === 0 && given.revoked);
      fc.pre(out);
      const without = judgeAdmission({ ...given, readmitted: false });
      expect(without).toMatchObject({ ok: false, code: 'device_tombstoned' });
      const allowed = judgeAdmission({ ...given, readmitted: true });
      expect(allowed.ok).toBe(given.state !== 'decommissioning');
    }),
  );
});

it('lets nobody take over an enrolled device by a credential for any', () => {
  fc.assert(
    fc.property(facts, fc.constantFrom('active' as const, 'maintenance' as const), (given, state) => {
      const verdict = judgeAdmission({ ...given, state, live: 1, bound: false, readmitted: false });
      expect(verdict).toMatchObject({ ok: false, code: 'already_exists' });
    }),
  );
});

it('holds a device that was registered with a key to this key', () => {
  const registered = { live: 0, revoked: false, readmitted: false, bound: false, keyDiffers: true } as const;
  expect(judgeAdmission({ ...registered, state: 'pre_registered' })).toMatchObject({ code: 'identity_mismatch' });
  expect(judgeAdmission({ ...registered, state: 'pre_registered', keyDiffers: false })).toMatchObject({
    value: 'enroll',
  });
});

it('makes a record only where there is none', () => {
  fc.assert(
    fc.property(facts, (given) => {
      const verdict = judgeAdmission(given);
      expect(verdict.ok && verdict.value === 'register').toBe(given.state === null);
    }),
  );
});
