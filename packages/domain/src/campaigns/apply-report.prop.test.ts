import type { ExecutionState } from '@muster/contracts/campaigns/executions.schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyReport, type DeviceReport } from './apply-report.js';
import { execution } from './execution.machine.js';

const WANTED = '2.0.0';
const steps: readonly DeviceReport[] = (
  ['accepted', 'downloading', 'downloaded', 'installing', 'rebooting', 'verifying'] as const
).map((state) => ({ state, ...(state === 'verifying' && { firmwareVersion: WANTED }) }));
const ends: readonly DeviceReport[] = [
  { state: 'succeeded', firmwareVersion: WANTED },
  { state: 'failed', reasonCode: 'install_failed' },
  { state: 'failed', reasonCode: 'health_check_failed' },
  // It says it is done and runs what it ran before.
  { state: 'succeeded', firmwareVersion: '1.0.0' },
];

interface Server {
  state: ExecutionState;
  provisional: boolean;
}

/** Hears reports one after the other; what is refused changes nothing, as in the store. */
function hear({ state, provisional }: Server, reports: readonly DeviceReport[]): Server {
  let now = state;
  for (const report of reports) {
    const outcome = applyReport({ state: now, provisional, wantedVersion: WANTED }, report);
    if (outcome.kind === 'moved') now = outcome.state;
  }
  return { state: now, provisional };
}

const offered: Server = { state: 'offered', provisional: false };

/** What one device had to say: some of the steps, in order, and how it ended. */
const history = fc
  .record({ told: fc.subarray([...steps], { minLength: 0 }), end: fc.constantFrom(...ends) })
  .map(({ told, end }) => [...told, end]);

/** The same reports in any order, some of them several times. */
const mixed = history.chain((reports) =>
  fc
    .record({
      order: fc.shuffledSubarray(reports, { minLength: reports.length, maxLength: reports.length }),
      again: fc.array(fc.tuple(fc.nat(30), fc.constantFrom(...reports)), { maxLength: 6 }),
    })
    .map(({ order, again }) => {
      const heard = [...order];
      for (const [at, report] of again) heard.splice(at % (heard.length + 1), 0, report);
      return { reports, heard };
    }),
);

describe('applyReport', () => {
  it('comes to the same end whatever the order of reports and however often each comes', () => {
    fc.assert(
      fc.property(mixed, ({ reports, heard }) => {
        expect(hear(offered, heard).state).toBe(hear(offered, reports).state);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never lets a device past what the machine allows, nor out of an outcome', () => {
    fc.assert(
      fc.property(mixed, fc.constantFrom(...execution.states), ({ heard }, state) => {
        const start: Server = { state, provisional: false };
        const after = hear(start, heard);
        const sticky: readonly ExecutionState[] = [
          'rejected',
          'superseded',
          'removed',
          'incompatible',
          'rollback_blocked',
        ];
        if (sticky.includes(state)) expect(after.state).toBe(state);
        if (state === 'succeeded' || state === 'rolled_back') expect([state, 'regressed']).toContain(after.state);
      }),
      { numRuns: 2_000 },
    );
  });

  it('believes a late end after a provisional time-out, whatever came in between', () => {
    fc.assert(
      fc.property(mixed, fc.constantFrom<ExecutionState>('timed_out', 'in_doubt'), ({ reports, heard }, state) => {
        const late = hear({ state, provisional: true }, heard);
        expect(late.state).toBe(hear(offered, reports).state);
        expect(hear({ state, provisional: false }, heard).state).toBe(state);
      }),
      { numRuns: 1_000 },
    );
  });
});
