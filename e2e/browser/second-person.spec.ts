import { fillWizard, setSwitch, stateOf } from './campaign-wizard.js';
import { choose, expect, heading, test } from './console.js';
import { photograph } from './pictures.js';

const NAME = 'Lisbon first';

test('a campaign that needs approval is denied, changed and approved by a second person, never by its creator', async ({
  page,
  browser,
  baseURL,
}) => {
  test.setTimeout(180_000);
  await page.goto('/settings');
  await page.getByRole('button', { name: 'Add a person' }).click();
  const adding = page.getByRole('dialog', { name: 'Add a person' });
  await adding.getByRole('textbox', { name: 'Name' }).fill('Ben Oduya');
  await adding.getByRole('textbox', { name: 'E-mail' }).fill('ben@example.com');
  await choose(page, 'Role', 'Approver');
  await adding.getByRole('button', { name: 'Add' }).click();
  const link = await adding.locator('[data-command]').innerText();

  await page.goto('/campaigns/new');
  await choose(page, 'Release', /Gateway firmware 1\.2\.0/);
  await fillWizard(page, { sites: ['Lisbon'], percents: [20, 60, 100] });
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(NAME);
  await setSwitch(page, 'Another person must approve', true);
  await page.getByRole('button', { name: 'Ask for approval' }).click();
  await expect(heading(page, NAME)).toBeVisible();
  await expect(stateOf(page)).toHaveText('Awaiting approval');
  const mine = page.getByRole('button', { name: 'Approve…' });
  await expect(mine).toBeDisabled();
  await expect(mine).toHaveAttribute('title', 'You created it: somebody else must approve it');
  await photograph(page, 'campaign-awaiting-approval');
  await page.goto('/campaigns');
  await expect(page.getByRole('region', { name: 'Needs you' })).toContainText('somebody else must approve');

  const ben = await browser.newContext({ storageState: { cookies: [], origins: [] }, baseURL: baseURL! });
  const his = await ben.newPage();
  await his.goto(link);
  await expect(heading(his, 'Overview')).toBeVisible();
  await his.getByRole('link', { name: 'Campaigns', exact: true }).click();
  const lane = his.getByRole('region', { name: 'Needs you' }).getByRole('listitem').filter({ hasText: NAME });
  await expect(lane).toContainText('waits for approval');
  await photograph(his, 'campaigns-needs-you');
  await lane.getByRole('link', { name: 'Review' }).click();
  await his.getByRole('button', { name: 'Deny…' }).click();
  const denying = his.getByRole('dialog', { name: `Deny ${NAME}?` });
  await expect(denying.getByRole('button', { name: 'Deny' })).toBeDisabled();
  await denying.getByRole('textbox', { name: 'Reason' }).fill('Call it by its ring');
  await denying.getByRole('button', { name: 'Deny' }).click();
  await expect(stateOf(his)).toHaveText('Denied');

  await page.getByRole('link', { name: NAME }).first().click();
  await expect(page.getByRole('region', { name: 'Why' })).toContainText('Call it by its ring');
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill(`${NAME}, ring one`);
  await page.getByRole('button', { name: 'Ask for approval' }).click();
  await expect(heading(page, `${NAME}, ring one`)).toBeVisible();

  await expect(heading(his, `${NAME}, ring one`)).toBeVisible();
  await his.getByRole('button', { name: 'Approve…' }).click();
  await his.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
  await expect(stateOf(his)).not.toHaveText('Awaiting approval');
  await expect(page.getByText('approved by Ben Oduya')).toBeVisible();
  await expect(stateOf(page)).toHaveText('Completed', { timeout: 60_000 });
  await ben.close();
});
