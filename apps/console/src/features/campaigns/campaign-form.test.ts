import { NewCampaign } from '@muster/contracts/campaigns/campaigns.schema';
import { expect, test } from 'vitest';
import { asNewCampaign, freshForm } from './campaign-form.js';

const releaseId = '01a1fce4-e7f6-7224-8700-d2b775feca4a';

test('a fresh form with a release is a plan the contract accepts: 1, 10, 100 percent', () => {
  const parsed = NewCampaign.parse(asNewCampaign({ ...freshForm, name: 'To everyone', releaseId }));
  expect(parsed.plan.waves.map((wave) => wave.size)).toEqual([{ percent: 1 }, { percent: 10 }, { percent: 100 }]);
  expect(parsed.plan.gate.maxFailureRate).toBe(0.05);
});

test('a wave with a soak of its own keeps the other limits of the plan', () => {
  const [first, ...rest] = freshForm.waves;
  const parsed = NewCampaign.parse(
    asNewCampaign({
      ...freshForm,
      name: 'x',
      releaseId,
      minSample: 7,
      waves: [{ ...first!, soakS: 5, holdAfter: true }, ...rest],
    }),
  );
  expect(parsed.plan.waves[0]).toMatchObject({ gate: { soakS: 5, minSample: 7 }, holdAfter: true });
  expect(parsed.plan.waves[1]?.gate).toBeUndefined();
});

test('nothing is asked of the server before it is known what to bring', () => {
  expect(asNewCampaign(freshForm)).toBeNull();
  expect(asNewCampaign({ ...freshForm, kind: 'config', configId: releaseId })).toBeNull();
});
