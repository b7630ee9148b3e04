import { fillWizard, stateOf } from './campaign-wizard.js';
import { ask, choose, expect, heading, test } from './console.js';
import { photograph, picture } from './pictures.js';

interface Explanation {
  readonly sentence: string;
}

interface Devices {
  readonly totalSize: number;
}

const SITES = ['Berlin', 'Lisbon'];

test('the bad release of the demo halts in its first waves, rolls back by itself and says why with numbers', async ({
  page,
}) => {
  test.setTimeout(120_000);
  const countOn = async (version: string) => {
    const answers = SITES.map((site) =>
      ask<Devices>(page, `/devices?site=${site}&firmware=${version}&pageSize=1`).then(({ totalSize }) => totalSize),
    );
    return (await Promise.all(answers)).reduce((sum, count) => sum + count, 0);
  };
  const before = { first: await countOn('1.0.0'), second: await countOn('1.1.0') };

  await page.goto('/campaigns');
  await page.getByRole('link', { name: 'New campaign' }).first().click();
  await choose(page, 'Release', /Gateway firmware 1\.3\.0/);
  const sizes = await fillWizard(page, { sites: SITES, percents: [10, 50, 100] });
  await page.getByRole('button', { name: 'Launch', exact: true }).click();

  await expect(heading(page, 'Gateway firmware 1.3.0')).toBeVisible();
  const why = page.getByRole('region', { name: 'Why' });
  await expect(why).toContainText(/^Wave [12] halted: \d+ of \d+ .*failed.* \d+(\.\d+)?%.* against a limit of 5%\./, {
    timeout: 60_000,
  });
  const waves = page.getByRole('region', { name: 'Waves' }).getByRole('listitem');
  await expect(waves.nth(2)).toContainText('Waiting');
  await photograph(page, 'campaign-halted');

  await expect(why).toContainText(/Returned \d+ of \d+ devices to their own previous release/, { timeout: 60_000 });
  const shown = await page.locator('[data-sentence]').innerText();
  const id = new URL(page.url()).pathname.split('/').at(-1);
  const explained = await ask<Explanation>(page, `/campaigns/${id}/explanation`);
  expect(explained.sentence).toBe(shown);
  console.log(`    ${shown}`);

  await expect.poll(() => countOn('1.0.0')).toBe(before.first);
  expect(await countOn('1.1.0')).toBe(before.second);
  const halted = Number(/^Wave (\d)/.exec(shown)![1]);
  const untouched = sizes.slice(halted).reduce((sum, size) => sum + size, 0);
  await expect(page.getByRole('region', { name: 'Targets' }).getByRole('img')).toHaveAccessibleName(
    new RegExp(`, ${untouched} not updated of `),
  );
  await expect(waves.nth(2)).toContainText('Skipped');
  await photograph(page, 'campaign-rolled-back');
  await picture(page, 'campaign-halted');

  await page.getByRole('tab', { name: /^Failures/ }).click();
  await expect(page.getByText('the meter service does not answer').first()).toBeVisible();
  await page.getByRole('tab', { name: 'Decisions' }).click();
  await expect(page.getByRole('tabpanel')).toContainText('Returned');
  await photograph(page, 'campaign-decisions');
  await page.getByRole('link', { name: 'Follow the rollback' }).click();
  await expect(stateOf(page)).toHaveText('Completed');
});
