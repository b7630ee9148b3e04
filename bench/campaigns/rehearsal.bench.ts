import type { CampaignPlan } from '@muster/contracts/campaigns/plans.schema';
import { lineUp, type RehearsalRun, rehearse } from '@muster/domain/campaigns/rehearse';
import type { RehearsedDevice } from '@muster/domain/campaigns/virtual-fleet';
import { expect, it } from 'vitest';

const DEVICES = 1_000_000;
/** Five waves are played in less; the better of two runs counts. */
const LIMIT_MS = 10_000;

const plan: CampaignPlan = {
  waves: [
    { size: { devices: 1_000 } },
    { size: { percent: 1 } },
    { size: { percent: 10 } },
    { size: { percent: 50 } },
    { size: { percent: 100 } },
  ],
  gate: {
    maxFailureRate: 0.05,
    maxTimeoutRate: 0.1,
    minSuccessRate: 0.9,
    minSample: 50,
    minResolvedShare: 0.9,
    soakS: 3600,
  },
  concurrency: 20_000,
  ratePerMinute: null,
  deadlineS: 7200,
  stepTimeoutS: 1800,
  deviceSoakS: 60,
  retries: 0,
  autoRollback: true,
  approval: false,
};

const fleet: RehearsedDevice[] = Array.from({ length: DEVICES }, (_, i) => ({
  deviceId: `d${i}`,
  model: i % 3 === 0 ? 'a' : 'b',
  site: `s${i % 200}`,
  version: i % 5 === 0 ? '1.1.0' : '1.0.0',
  timezone: 'UTC',
  presence: i % 10 === 0 ? { share: 0.8, absenceS: 3600 } : null,
}));

function play(): { run: RehearsalRun; lineUpMs: number; runMs: number } {
  const start = performance.now();
  const line = lineUp('bench', plan, fleet);
  if (!line.ok) throw new Error(line.detail);
  const lined = performance.now();
  const install = { p50S: 120, p90S: 300 };
  const it = rehearse({ plan, ...line.value, install, failureRate: 0.001, seed: 7, startMs: Date.UTC(2026, 0, 5) });
  let step = it.next();
  while (!step.done) step = it.next();
  return { run: step.value, lineUpMs: lined - start, runMs: performance.now() - lined };
}

it('plays a million devices through five waves, twice the same', () => {
  const first = play();
  const second = play();
  const { run } = first;
  console.log(
    `rehearsal of ${DEVICES} devices: order and cut ${first.lineUpMs.toFixed(0)} ms, played in ${first.runMs.toFixed(0)} ms` +
      ` (again ${second.runMs.toFixed(0)} ms, ratio ${(second.runMs / first.runMs).toFixed(2)}): ${run.state} after` +
      ` ${(run.durationS / 3600).toFixed(1)} virtual hours, ${run.exposed} updated, hash ${run.hash.toString(16)}; wanted below ${LIMIT_MS} ms`,
  );
  expect(second.run.hash).toBe(run.hash);
  expect(second.run).toEqual(run);
}, 120_000);
