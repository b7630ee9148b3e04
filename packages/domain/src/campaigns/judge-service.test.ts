import type { GateLimits } from '@muster/contracts/campaigns/plans.schema';
import { describe, expect, it } from 'vitest';
import { type Moments, momentsOf } from './confidence-interval.js';
import { explainDecision } from './explain-decision.js';
import { gateInputs, judgeGate } from './judge-gate.js';
import type { Compared, ServiceEvidence } from './weigh-evidence.js';

const limits: GateLimits = {
  maxFailureRate: 0.05,
  maxTimeoutRate: 0.1,
  minSuccessRate: 0.9,
  minSample: 10,
  minResolvedShare: 0.9,
  soakS: 60,
  health: { maxErrorRise: 0.05, maxBurn: 3, baselineS: 3600, metrics: [] },
};
/** `n` devices around a mean; spread as device error rates are. */
const around = (mean: number, n = 100, sd = 0.02): Moments => ({ n, mean, variance: sd * sd });
const compared = (
  updated: number,
  before: number | null,
  control: [after: number, before: number] | null,
): Compared => ({
  updated: around(updated),
  baseline: before === null ? null : around(before),
  change: before === null ? null : around(updated - before),
  control:
    control === null
      ? null
      : { after: around(control[0]), before: around(control[1]), change: around(control[0] - control[1]) },
});
const evidence = (rates: Compared | null, more: Partial<ServiceEvidence> = {}): ServiceEvidence => ({
  asOf: '2026-01-01T00:00:00.000Z',
  devices: 100,
  expected: 6000,
  errors: 60,
  rates,
  metrics: [],
  installs: null,
  ...more,
});
const judge = (found: ServiceEvidence | null, over: Partial<GateLimits> = {}) => {
  const all = { ...limits, ...over };
  const inputs = gateInputs(100, { succeeded: 100 }, {}, found);
  const judgement = judgeGate(inputs, all);
  const { verdict, code } = judgement;
  const sentence = explainDecision({ kind: 'gate', wave: 2, code, inputs: { ...inputs }, limits: all });
  // What is stored is JSON, and judging that must come to the same.
  const stored = JSON.parse(JSON.stringify({ inputs, limits: all }));
  expect(judgeGate(stored.inputs, stored.limits)).toEqual(judgement);
  expect(explainDecision({ kind: 'gate', wave: 2, code, ...stored })).toBe(sentence);
  return { verdict, code, sentence, checks: judgement.checks };
};

describe('a gate that looks at devices in service', () => {
  it('passes devices that do as well as before and as the others', () => {
    expect(judge(evidence(compared(0.004, 0.004, [0.004, 0.004])))).toMatchObject({
      verdict: 'pass',
      code: 'gate_passed',
      sentence:
        'Wave 2 passed its gate: 100 of 100 resolved devices succeeded, 0 failed, 0 timed out; 0.4% of the heartbeats of 100 devices in service missing or in error.',
    });
  });

  it('halts on a rise that no chance explains, and says it with numbers', () => {
    const found = judge(evidence(compared(0.161, 0.005, [0.004, 0.005])));
    expect(found).toMatchObject({ verdict: 'halt', code: 'error_rise' });
    expect(found.sentence).toBe(
      'Wave 2 halted: 16.1% of heartbeats missing or in error against 0.4% expected from devices not updated, +15.7 points (95% interval 13.4 to 18) against a limit of 5 points.',
    );
  });

  it('does not lay an outage that hits everybody at the door of the update', () => {
    const outage = judge(evidence(compared(0.6, 0.004, [0.6, 0.004])));
    expect(outage).toMatchObject({ verdict: 'pass', code: 'gate_passed' });
    expect(judge(evidence(compared(0.6, 0.004, null))).verdict).toBe('halt');
  });

  it('finds a regression that a good day hides', () => {
    // The devices do no worse than last week; everybody else does much better than then.
    expect(judge(evidence(compared(0.3, 0.3, [0.02, 0.3])))).toMatchObject({ verdict: 'halt', code: 'error_rise' });
  });

  it('does not blame the update for devices that were poor before', () => {
    expect(judge(evidence(compared(0.3, 0.3, [0.01, 0.01])))).toMatchObject({ verdict: 'pass' });
  });

  it('halts when the error budget burns more than three times as fast, within the allowed rise', () => {
    const found = judge(evidence(compared(0.049, 0.005, [0.004, 0.004])), {
      health: { ...limits.health!, maxErrorRise: 0.2 },
    });
    expect(found).toMatchObject({ verdict: 'halt', code: 'error_burn' });
    expect(found.sentence).toMatch(
      /^Wave 2 halted: the error budget burns 4\.9 times as fast as before the update \(95% interval [\d.]+ to [\d.]+\) against a limit of 3 times, 0\.5% of heartbeats/,
    );
  });

  it('does not halt for one missed heartbeat of devices that never missed one', () => {
    const rates = momentsOf([1 / 3, ...Array.from({ length: 9 }, () => 0)])!;
    const none = momentsOf(Array.from({ length: 10 }, () => 0))!;
    const found = judge(
      evidence({ updated: rates, baseline: none, change: rates, control: { after: none, before: none, change: none } }),
    );
    expect(found).toMatchObject({ verdict: 'hold', code: 'evidence_unclear' });
    expect(found.sentence).toContain('which may still be chance');
  });

  it('halts when a handful of devices all fall silent', () => {
    const dead = momentsOf([1, 1, 1, 1])!;
    const well = momentsOf(Array.from({ length: 40 }, () => 0))!;
    const never = momentsOf([0, 0, 0, 0])!;
    const few = { updated: dead, baseline: never, change: dead, control: { after: well, before: well, change: well } };
    expect(judge(evidence(few, { devices: 4 })).verdict).toBe('halt');
  });

  it.each([
    ['nothing was gathered, or not lately', null],
    ['no device has been in service long enough and none is left to wait for', evidence(null, { devices: 0 })],
    ['there is neither a past nor a control', evidence(compared(0, null, null))],
  ])('holds and never passes when %s', (_, found) => {
    const { verdict, code, sentence } = judge(found);
    expect([verdict, /no_evidence|waiting_for_evidence/.test(code)]).toEqual(['hold', true]);
    expect(sentence).toMatch(/^Wave 2 waits: /);
  });

  it('compares devices without a past with the control alone', () => {
    expect(judge(evidence(compared(0.01, null, [0.01, 0])))).toMatchObject({ verdict: 'pass' });
    expect(judge(evidence(compared(0.4, null, [0.01, 0])))).toMatchObject({ verdict: 'halt' });
  });

  it('says so when no control is left', () => {
    const found = judge(evidence(compared(0.2, 0.01, null)));
    expect(found.checks.find(({ code }) => code === 'error_rise')).toMatchObject({
      against: 'baseline',
      reference: expect.closeTo(0.01),
    });
    expect(found.sentence).toContain('1% of the same devices before, with none left that are not updated');
  });

  it('waits until as many devices as the sample asks for have been observed', () => {
    const few = { ...compared(0, 0, [0, 0]), updated: around(0, 4) };
    const found = judge(evidence(few, { devices: 40 }));
    expect(found.sentence).toBe('Wave 2 waits: 4 of 40 devices have been in service long enough; its gate needs 10.');
    expect(judge(evidence({ ...few, change: around(0, 4) }, { devices: 4 })).verdict).toBe('pass');
  });

  it('judges a metric by what the update changed, in the direction that is bad', () => {
    const metric = (bad: 'up' | 'down' | 'both', change: number) => {
      const it: Compared = {
        updated: around(40 + change, 50, 1),
        baseline: around(40, 50, 1),
        change: around(change, 50, 1),
        control: { after: around(38, 50, 1), before: around(40, 50, 1), change: around(-2, 50, 1) },
      };
      return judge(evidence(compared(0, 0, [0, 0]), { metrics: [{ ...it, metric: 'temperature_c' }] }), {
        health: { ...limits.health!, metrics: [{ metric: 'temperature_c', bad, maxChange: 4 }] },
      });
    };
    expect(metric('up', 4)).toMatchObject({ verdict: 'halt', code: 'metric.temperature_c' });
    expect(metric('up', 4).sentence).toMatch(
      /^Wave 2 halted: temperature_c is 44 on average against 38 expected from devices not updated, \+6 \(95% interval/,
    );
    expect(metric('up', -9).verdict).toBe('pass');
    expect(metric('down', -9).verdict).toBe('halt');
    expect(metric('both', -9).verdict).toBe('halt');
    expect(metric('both', -2).verdict).toBe('pass');
  });

  it('names a metric that nobody reports', () => {
    const found = judge(evidence(compared(0, 0, [0, 0])), {
      health: { ...limits.health!, metrics: [{ metric: 'rpm', bad: 'up', maxChange: 1 }] },
    });
    expect(found).toMatchObject({ verdict: 'hold', code: 'no_evidence' });
    expect(found.sentence).toBe('Wave 2 waits: none of its devices reports rpm, and missing data holds.');
  });
});

describe('limits of refusals and of install time', () => {
  const { health: _, ...plain } = limits;
  const outcome = (counts: object, over: Partial<GateLimits>) => {
    const inputs = gateInputs(100, counts, {}, undefined);
    const all = { ...plain, ...over };
    const { verdict, code } = judgeGate(inputs, all);
    return [verdict, explainDecision({ kind: 'gate', wave: 1, code, inputs: { ...inputs }, limits: all })];
  };

  it('judges refusals only where a limit asks for it', () => {
    const counts = { succeeded: 94, rejected: 6 };
    expect(outcome(counts, {})[0]).toBe('pass');
    expect(outcome(counts, { maxRejectionRate: 0.05 })).toEqual([
      'halt',
      'Wave 1 halted: 6 of 100 resolved devices refused, 6% against a limit of 5%.',
    ]);
  });

  it('wants nine of ten devices through in time', () => {
    const timed = (installs: ServiceEvidence['installs'], open = 0) => {
      const inputs = gateInputs(100, { succeeded: 100 - open, queued: open }, {}, evidence(null, { installs }));
      const all = { ...plain, maxInstallS: 600 };
      const { verdict, code } = judgeGate(inputs, all);
      return [verdict, explainDecision({ kind: 'gate', wave: 1, code, inputs: { ...inputs }, limits: all })];
    };
    expect(timed({ n: 100, p90S: 599, slow: 8 })[0]).toBe('pass');
    expect(timed({ n: 100, p90S: 1240.4, slow: 20 })).toEqual([
      'halt',
      'Wave 1 halted: nine of ten devices took up to 1240.4 s from their yes to the confirmed boot against a limit of 600 s.',
    ]);
    expect(timed(null)).toEqual([
      'hold',
      'Wave 1 waits: no install time of its devices is known, and missing data holds.',
    ]);
    expect(timed({ n: 5, p90S: 700, slow: 5 })[0]).toBe('hold');
  });
});
