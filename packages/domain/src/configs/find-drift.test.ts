import { describe, expect, it } from 'vitest';
import { type DriftFacts, findDrift } from './find-drift.js';

const now = new Date('2026-11-21T06:00:00.000Z');
const ago = (s: number) => new Date(now.getTime() - s * 1000);
const facts = (over: Partial<DriftFacts>): DriftFacts => ({
  desired: { config: { rate: 5, tags: ['a'] } },
  desiredAt: ago(60),
  acknowledged: { config: { rate: 5, tags: ['a'] } },
  verdicts: {},
  reported: { config: { rate: 5, tags: ['a'] } },
  reportedAt: ago(5),
  previous: [],
  ...over,
});
const classes = (over: Partial<DriftFacts>) =>
  Object.fromEntries(findDrift(facts(over), now).map((drift) => [drift.path, drift.class]));

describe('findDrift', () => {
  it('finds nothing when the report is as desired', () => {
    expect(findDrift(facts({}), now)).toEqual([]);
  });

  it('calls a change the device has not answered unacknowledged, since it was desired', () => {
    const drifts = findDrift(facts({ desired: { config: { rate: 9, tags: ['a'] } } }), now);
    expect(drifts).toMatchObject([
      { path: '/config/rate', class: 'unacknowledged', desired: 9, reported: 5, since: ago(60) },
    ]);
  });

  it('calls a field edited on the device diverged', () => {
    expect(classes({ reported: { config: { rate: 6, tags: ['a'] } } })).toEqual({ '/config/rate': 'diverged' });
  });

  it('calls a field lost on the device diverged', () => {
    expect(classes({ reported: { config: { tags: ['a'] } } })).toEqual({ '/config/rate': 'diverged' });
  });

  it('calls a refused field rejected and gives the reason of the nearest verdict', () => {
    const drifts = findDrift(
      facts({
        reported: { config: { rate: 1, tags: ['a'] } },
        verdicts: {
          '/config': { verdict: 'accepted' },
          '/config/rate': { verdict: 'rejected', detail: 'above the limit' },
        },
      }),
      now,
    );
    expect(drifts).toMatchObject([{ path: '/config/rate', class: 'rejected', cause: 'above the limit' }]);
  });

  it('calls a value of another kind invalid', () => {
    expect(classes({ reported: { config: { rate: '5', tags: ['a'] } } })).toEqual({ '/config/rate': 'invalid' });
  });

  it('calls everything that differs stale once the report is older than a day', () => {
    expect(classes({ reported: {}, reportedAt: ago(25 * 3600) })).toEqual({
      '/config/rate': 'stale',
      '/config/tags': 'stale',
    });
  });

  it('shows a reported config field that nobody set as unmanaged, and none outside config', () => {
    expect(classes({ reported: { config: { rate: 5, tags: ['a'], extra: { x: 1 } }, uptime: 3 } })).toEqual({
      '/config/extra/x': 'unmanaged',
    });
  });

  it('shows no unmanaged field where nothing is managed', () => {
    expect(classes({ desired: {}, reported: { config: { rate: 5 } } })).toEqual({});
  });

  it('names an array whole', () => {
    expect(classes({ reported: { config: { rate: 5, tags: ['a', 'b'] } } })).toEqual({ '/config/tags': 'diverged' });
  });

  it('keeps the time a drift began while its class stays the same', () => {
    const first = findDrift(facts({ reported: { config: { rate: 6, tags: ['a'] } } }), ago(30));
    const again = findDrift(facts({ reported: { config: { rate: 7, tags: ['a'] } }, previous: first }), now);
    expect(again[0]?.since).toEqual(ago(30));
  });

  it('takes a device that never reported for unacknowledged in every field', () => {
    expect(classes({ acknowledged: null, reported: {}, reportedAt: null })).toEqual({
      '/config/rate': 'unacknowledged',
      '/config/tags': 'unacknowledged',
    });
  });
});
