import { choose, expect, heading, test } from './console.js';
import { photograph } from './pictures.js';

test('the kill switch shows on every page who stopped everything and why, until it is released with a reason', async ({
  page,
}) => {
  await page.goto('/');
  await page.getByRole('button', { name: 'Your account' }).click();
  await page.getByRole('menuitem', { name: 'Kill switch' }).click();
  await page.getByRole('button', { name: 'Stop everything…' }).click();
  const asking = page.getByRole('dialog', { name: 'Stop everything?' });
  await expect(asking.getByRole('button', { name: 'Stop everything' })).toBeDisabled();
  await asking.getByRole('textbox', { name: 'Reason' }).fill('Boot loops reported from the field');
  await asking.getByRole('button', { name: 'Stop everything' }).click();

  const bar = page.getByRole('alert').filter({ hasText: 'Everything is stopped.' });
  await expect(bar).toContainText('Boot loops reported from the field');
  for (const [path, name] of [
    ['/', 'Overview'],
    ['/devices', 'Devices'],
    ['/releases', 'Releases'],
  ] as const) {
    await page.goto(path);
    await expect(heading(page, name)).toBeVisible();
    await expect(bar).toBeVisible();
  }
  await photograph(page, 'kill-switch-engaged');

  await bar.getByRole('button', { name: 'Release…' }).click();
  const releasing = page.getByRole('dialog', { name: 'Release the kill switch?' });
  await releasing.getByRole('textbox', { name: 'Reason' }).fill('It was one device');
  await releasing.getByRole('button', { name: 'Release' }).click();
  await expect(bar).toHaveCount(0);
});

const local = (days: number, hour: number): string => {
  const at = new Date(Date.now() + days * 86_400_000);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(hour)}:00`;
};

test('a freeze stands in the calendar, is told to whoever plans a campaign, and goes when it is removed', async ({
  page,
}) => {
  await page.goto('/freezes');
  await page.getByRole('button', { name: 'New freeze' }).click();
  const dialog = page.getByRole('dialog', { name: 'New freeze' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Year-end close');
  await dialog.getByLabel('From').fill(local(1, 18));
  await dialog.getByLabel('To').fill(local(0, 8));
  await expect(dialog.getByRole('button', { name: 'Freeze' })).toBeDisabled();
  await dialog.getByLabel('To').fill(local(3, 8));
  await choose(page, 'Sites', 'Oslo');
  await page.keyboard.press('Escape');
  await dialog.getByRole('button', { name: 'Freeze' }).click();
  const row = page.getByRole('table', { name: 'Freezes' }).getByRole('row').filter({ hasText: 'Year-end close' });
  await expect(row).toContainText('To come');
  await expect(row).toContainText('Oslo');
  await photograph(page, 'freezes');

  await page.goto('/campaigns/new');
  await expect(page.getByRole('region', { name: 'When' })).toContainText('Year-end close: nothing is offered at Oslo');

  await page.goto('/freezes');
  await row.getByRole('button', { name: 'Remove Year-end close' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(row).toHaveCount(0);
});

test('a site has a clock, and its devices show it', async ({ page }) => {
  await page.goto('/sites');
  await page.getByRole('button', { name: 'Change Berlin' }).click();
  const dialog = page.getByRole('dialog', { name: 'Berlin' });
  await choose(page, 'Time zone', 'Europe/Berlin');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('table', { name: 'Sites' }).getByRole('row').filter({ hasText: 'Berlin' });
  await expect(row).toContainText('Europe/Berlin');
  await photograph(page, 'sites');
  await row.getByRole('link', { name: 'Berlin' }).click();
  await page.getByRole('link', { name: 'berlin-001' }).click();
  await expect(page.getByRole('region', { name: 'Identity' })).toContainText('Europe/Berlin');
});

test('a group is pinned from the filtered list and let go again', async ({ page }) => {
  await page.goto('/devices?site=Lisbon');
  const table = page.getByRole('table', { name: 'Devices' });
  await expect(table.getByRole('link', { name: 'lisbon-001' })).toBeVisible();
  const toolbar = page.getByRole('toolbar', { name: 'With these devices' });
  for (const [verb, done] of [
    ['Pin', /^(\d+) of \1 devices pinned\./],
    ['Let go', /^(\d+) of \1 devices let go\./],
  ] as const) {
    await toolbar.getByRole('button', { name: 'Pin…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pin devices' });
    await expect(dialog).toContainText('site Lisbon');
    if (verb === 'Let go') await dialog.getByText('Let go', { exact: true }).click();
    await dialog.getByRole('button', { name: verb, exact: true }).click();
    await expect(dialog.getByRole('status')).toHaveText(done);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(table.getByText('pinned', { exact: true }).first()).toBeVisible({ visible: verb === 'Pin' });
  }
});
