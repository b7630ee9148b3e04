import { describe, expect, it } from 'vitest';
import { judgePlan, judgeStart } from './judge-plan.js';

const at = (site: string | null, n: number) => Array.from({ length: n }, () => ({ site }));
const all = { waves: [{ size: { percent: 100 } }] };

describe('judgePlan', () => {
  it('refuses a share that starves sites, naming each and the smallest that would do', () => {
    const refused = judgePlan({ ...all, siteBudget: { percent: 10 } }, [
      ...at('south', 3),
      ...at('north', 9),
      ...at('west', 10),
      ...at(null, 1),
    ]);
    expect(refused).toMatchObject({
      code: 'budget_starves_site',
      detail: '10% lets no device update at north (9), south (3): it takes 33.34% or a number of devices.',
      facts: { sites: ['north', 'south'], smallestPercent: 33.34 },
    });
    expect(judgePlan({ ...all, siteBudget: { percent: 33.34 } }, [...at('south', 3), ...at('north', 9)]).ok).toBe(true);
    expect(judgePlan({ ...all, siteBudget: { devices: 1 } }, at('south', 3)).ok).toBe(true);
  });

  it('names a window in a zone there is not', () => {
    const window = { days: ['mon' as const], from: '22:00', minutes: 60, timezone: 'Europe/Atlantis' };
    expect(judgePlan({ ...all, windows: [window] }, at('a', 1))).toMatchObject({
      code: 'plan_invalid',
      detail: expect.stringContaining('Europe/Atlantis'),
    });
  });

  it('says that nobody is eligible before it speaks of budgets', () => {
    expect(judgePlan({ ...all, siteBudget: { percent: 1 } }, [])).toMatchObject({ code: 'no_eligible_targets' });
  });
});

describe('judgeStart', () => {
  const now = new Date('2026-03-01T12:00:00.000Z');
  it('refuses a start that is over, and nothing else', () => {
    expect(judgeStart({ startAt: '2026-03-01T12:00:00.000Z' }, now)).toMatchObject({ code: 'plan_invalid' });
    expect(judgeStart({ startAt: '2026-03-01T12:00:01.000Z' }, now)).toBeNull();
    expect(judgeStart({}, now)).toBeNull();
  });
});
