import { executionStates } from '@muster/contracts/campaigns/executions.schema';
import { describe, expect, it } from 'vitest';
import { isLive } from './execution.machine.js';
import { explainCampaign } from './explain-campaign.js';
import { explainOperator } from './explain-operator.js';
import { explainInFlight, previewStop } from './explain-stop.js';

const limits = { maxFailureRate: 1, maxTimeoutRate: 1, minSuccessRate: 0, minSample: 1, minResolvedShare: 0, soakS: 0 };

describe('what a stop would do', () => {
  it('is said for every device it touches, once', () => {
    for (const state of executionStates) {
      const groups = previewStop({ [state]: 3 });
      const touched =
        isLive(state) || ['queued', 'unreachable', 'deferred', 'succeeded', 'rolled_back'].includes(state);
      expect([state, groups.map((group) => group.count)]).toEqual([state, touched ? [3] : []]);
    }
  });

  it('tells apart who never hears of it, who is told to drop it, who finishes and who stays', () => {
    const groups = previewStop({ queued: 5, downloading: 1, installing: 2, soaking: 1, succeeded: 4, failed: 9 });
    expect(groups.map(({ effect, sentence }) => [effect, sentence])).toEqual([
      ['never_offered', '5 devices will not be offered the update.'],
      ['recalled', '1 device is told to drop the update; nothing has been installed there yet.'],
      ['finishes', '2 devices are past the point of no return and will finish.'],
      ['soaks_on', '1 device runs the new version and will be watched to the end of the soak.'],
      ['stays_updated', '4 devices stay as updated; a rollback is an order of its own.'],
    ]);
  });

  it('is told live by phase while the campaign stops', () => {
    expect(explainInFlight({ installing: 3, verifying: 1 })).toBe(
      'still in flight: 3 installing, 1 verifying; they finish by themselves',
    );
    const wave = { n: 1, size: 4, limits, holdAfter: false, forgiven: {}, soakUntil: null, judged: null };
    const stopping = explainCampaign({
      state: 'stopping',
      reasonCode: 'stop',
      createdBy: 'anna',
      concurrency: 3,
      waves: [{ ...wave, state: 'open', counts: { installing: 1, cancelled: 3 } }],
      decisive: [],
    });
    expect(stopping.sentence).toBe(
      'Stopping: nothing more is offered; still in flight: 1 installing; they finish by themselves.',
    );
    expect(stopping.steps.find((step) => step.code === 'finishes')).toMatchObject({
      verdict: 'waiting',
      facts: { count: 1 },
    });
  });
});

describe('what somebody did', () => {
  const said = (code: string, inputs: object): string => explainOperator({ code, inputs: { by: 'anna', ...inputs } });

  it('is said with who and why', () => {
    expect(said('pause', {})).toBe('anna asked for pause.');
    expect(said('override', { reason: 'it is in the workshop' })).toBe(
      'anna asked for override: it is in the workshop.',
    );
    expect(said('kill_switch', { reason: 'smoke' })).toBe('anna engaged the kill switch: smoke.');
    expect(said('edit', { changed: ['name', 'plan', 'releaseId'] })).toBe('anna changed name, plan and release.');
  });
});

describe('what a campaign waits for', () => {
  const running = (waits: object) =>
    explainCampaign({
      state: 'running',
      reasonCode: null,
      createdBy: 'anna',
      concurrency: 3,
      waves: [
        {
          n: 1,
          size: 5,
          state: 'open',
          limits: { ...limits, minSample: 5 },
          holdAfter: false,
          forgiven: {},
          soakUntil: null,
          judged: null,
          counts: { queued: 5 },
        },
      ],
      decisive: [],
      waits,
    });

  it('is named with its end, the strongest first', () => {
    const until = new Date('2026-12-24T00:00:00.000Z');
    const explained = running({
      freeze: { name: 'Christmas', until },
      window: { opensAt: until },
      waiting: { queued: 5, online: 0 },
    });
    expect(explained.sentence).toContain('The freeze Christmas holds every offer back until 2026-12-24 00:00 UTC.');
    expect(explained.steps.map((step) => step.code)).toEqual(['wave_open', 'frozen', 'window_closed', 'offline']);
  });

  it('says that everybody who waits is offline', () => {
    expect(running({ waiting: { queued: 5, online: 0 } }).sentence).toMatch(
      /All 5 devices that wait are offline; each is offered when it connects\.$/,
    );
    expect(running({ waiting: { queued: 5, online: 2 } }).steps.map((step) => step.code)).toEqual(['wave_open']);
  });
});
