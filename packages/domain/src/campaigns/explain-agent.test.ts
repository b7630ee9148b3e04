import { deviceReasons } from '@muster/contracts/reasons';
import { describe, expect, test } from 'vitest';
import { type AgentFacts, explainAgent } from './explain-agent.js';

const update = (change: Partial<NonNullable<AgentFacts['update']>>): NonNullable<AgentFacts['update']> => ({
  version: '2.0.0',
  state: 'downloading',
  reasonCode: null,
  reasonDetail: null,
  retryAfterS: null,
  restartAt: null,
  ...change,
});
const facts = (change: Partial<AgentFacts>): AgentFacts => ({
  installed: '1.0.0',
  update: null,
  answer: null,
  ...change,
});

describe('an agent explains', () => {
  test.each([
    [facts({}), 'no_offer', 'Not updating: no update was offered to this device. The device runs 1.0.0.'],
    [facts({ update: update({}) }), 'downloading', 'Updating to 2.0.0: the artifact is being downloaded.'],
    [
      facts({ update: update({ state: 'installing', restartAt: '2026-01-01T02:00:00.000Z' }) }),
      'waiting_to_restart',
      'Updating to 2.0.0: it is installed, and the restart is at 2026-01-01T02:00:00.000Z.',
    ],
    [
      facts({ update: update({ state: 'failed', reasonCode: 'health_check_failed', reasonDetail: 'no meters' }) }),
      'health_check_failed',
      `Not updating: 2.0.0 failed. ${deviceReasons.health_check_failed} (no meters). The device runs 1.0.0.`,
    ],
    [
      facts({
        update: update({ state: 'deferred', reasonCode: 'battery_low', reasonDetail: '12%', retryAfterS: 1800 }),
      }),
      'battery_low',
      `Not updating: 2.0.0 was put off. ${deviceReasons.battery_low} (12%). The server offers it again, not before 30 min after that.`,
    ],
    [
      facts({ installed: '2.0.0', update: update({ state: 'succeeded' }) }),
      'succeeded',
      'Not updating: 2.0.0 is installed, well, and the newest release that was offered.',
    ],
    [
      facts({ update: update({ state: 'succeeded' }) }),
      'fell_back',
      'Not updating: 2.0.0 had succeeded. The device runs 1.0.0.',
    ],
  ])('%#: %o', (given, code, sentence) => {
    expect(explainAgent(given)).toEqual({ code, sentence });
  });

  test('the newest offer before an older update, in the words of the reasons', () => {
    const answer = {
      version: '1.9.0',
      kind: 'rejected' as const,
      reasonCode: 'downgrade_refused',
      reasonDetail: 'runs 2.0.0',
      retryAfterS: null,
      at: '2026-01-01T00:00:00.000Z',
    };
    expect(explainAgent(facts({ update: update({ state: 'succeeded' }), answer }))).toEqual({
      code: 'downgrade_refused',
      sentence: `Not updating: the offer of 1.9.0 was refused at ${answer.at}. ${deviceReasons.downgrade_refused} (runs 2.0.0).`,
    });
  });
});
