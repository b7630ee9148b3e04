import { TickWorld } from '@muster/testkit/tick-world';
import { expect, it } from 'vitest';
import { decideTick } from './decide-tick.js';
import { type CampaignFacts, explainCampaign } from './explain-campaign.js';

const world = new TickWorld({ fates: ['good'], sizes: [1], concurrency: 1, soakS: 0, autoRollback: true });

it('a campaign starts when no delta to its release is still to be built', () => {
  const { now } = world;
  expect(decideTick({ ...world.facts(), deltasWanted: 2 }, now)).toEqual([]);
  expect(decideTick({ ...world.facts(), deltasWanted: 0 }, now)).toEqual([{ kind: 'start' }]);
  expect(decideTick(world.facts(), now)).toEqual([{ kind: 'start' }]);
});

it('what it waits for is said with numbers', () => {
  const facts: CampaignFacts = {
    ...{ state: 'preparing', reasonCode: null, createdBy: 'ada', concurrency: 1, waves: [], decisive: [] },
  };
  const say = (all: number, wanted: number) => explainCampaign({ ...facts, deltas: { all, wanted } }).sentence;
  expect(say(3, 1)).toBe('Preparing: 2 of 3 deltas are built.');
  expect(say(1, 1)).toBe('Preparing: 0 of 1 delta is built.');
  expect(say(3, 0)).toBe('Preparing: the targets are frozen and the first wave is about to open.');
});
