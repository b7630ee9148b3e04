import { ask, choose, expect, heading, test } from './console.js';
import { photograph } from './pictures.js';

test.use({ provokes: /the server responded with a status of 4\d\d|net::ERR_FAILED/ });

const requestId = /request [0-9a-f-]{8,}/;

test('a sign-in link works once', async ({ browser, baseURL }) => {
  const stranger = await browser.newContext({ storageState: { cookies: [], origins: [] }, baseURL: baseURL! });
  const page = await stranger.newPage();
  await page.goto(process.env.MUSTER_USED_LINK!);
  await expect(heading(page, 'Sign in to Muster')).toBeVisible();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('sign_in_link_invalid');
  await expect(alert).toContainText(requestId);
  await photograph(page, 'sign-in-refused');
  await stranger.close();
});

test('whoever is not signed in is asked to, and told how', async ({ browser, baseURL }) => {
  const stranger = await browser.newContext({ storageState: { cookies: [], origins: [] }, baseURL: baseURL! });
  const page = await stranger.newPage();
  await page.goto('/devices?site=Oslo');
  await expect(page).toHaveURL(/\/sign-in\?to=/);
  await expect(page.getByText('npm start -- --sign-in')).toBeVisible();
  await photograph(page, 'sign-in');
  await stranger.close();
});

test('a device that does not exist is named as such', async ({ page }) => {
  await page.goto('/devices/01900000-0000-7000-8000-000000000000');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('not_found');
  await expect(alert).toContainText(requestId);
  await photograph(page, 'device-unknown');
});

test('an address that no page has says so and leads back', async ({ page }) => {
  await page.goto('/no/such/page');
  await expect(page.getByText('There is no such page')).toBeVisible();
  await page.getByRole('link', { name: 'Go to the overview' }).click();
  await expect(heading(page, 'Overview')).toBeVisible();
});

test('of two people who edit one golden config, the second is told and keeps what they wrote', async ({
  page,
  context,
}) => {
  const { items } = await ask<{ items: { id: string; name: string }[] }>(page, '/configs');
  const address = `/configs/${items.find(({ name }) => name === 'Gateway basics')!.id}`;
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await tab.goto(address);
    await expect(heading(tab, 'Gateway basics')).toBeVisible();
  }
  const document = (tab: typeof page) => tab.getByRole('textbox', { name: 'Document (JSON)' });
  const mine = (await document(page).inputValue()).replace('"info"', '"debug"');
  await document(page).fill(mine);

  await document(other).fill((await document(other).inputValue()).replace('"info"', '"warn"'));
  await other.getByRole('button', { name: 'Save draft' }).click();
  await expect(other.getByRole('region', { name: /^Draft v\d+/ })).toBeVisible();

  await page.getByRole('button', { name: 'Save draft' }).click();
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('precondition_failed');
  await expect(alert).toContainText(requestId);
  await expect(document(page)).toHaveValue(mine);
  await photograph(page, 'golden-config-edited-by-two');
  await other.close();
});

test('an action on a page that was overtaken shows what was seen beside what is now, and does nothing', async ({
  page,
}) => {
  await page.goto('/campaigns/new');
  await choose(page, 'Release', /Gateway firmware 1\.2\.0/);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Overtaken');
  await page.getByRole('button', { name: 'Save as draft' }).click();
  await expect(heading(page, 'Overtaken')).toBeVisible();
  const id = new URL(page.url()).pathname.split('/').at(-1)!;

  // The page hears nothing of what others do, as on a bad connection.
  await page.route('**/api/v1/live', (route) => route.abort());
  await page.reload();
  await page.getByRole('button', { name: 'Launch…' }).click();
  const seen = await ask<{ version: number }>(page, `/campaigns/${id}`);
  const stopped = await page.request.post(`/api/v1/campaigns/${id}/stop`, {
    headers: { 'if-match': `"${seen.version}"`, origin: process.env.MUSTER_CONSOLE! },
    data: { reason: 'Not today' },
  });
  expect(stopped.status(), await stopped.text()).toBe(200);
  await page.getByRole('dialog').getByRole('button', { name: 'Launch' }).click();
  const moved = page.getByRole('alert', { name: 'The campaign moved' });
  await expect(moved.getByRole('row').filter({ hasText: 'State' }).getByRole('cell')).toHaveText(['Draft', 'Stopped']);
  await expect(moved).toContainText('You asked to launch. A campaign that is stopped does not allow it.');
  await photograph(page, 'campaign-overtaken');
  await moved.getByRole('button', { name: 'Leave it as it is' }).click();
  await expect(moved).toBeHidden();
});
