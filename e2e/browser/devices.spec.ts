import { choose, expect, heading, test } from './console.js';

const rows = 'row';

test('a search narrows the list and stands in the address', async ({ page }) => {
  await page.goto('/devices');
  await expect(page.getByRole('status').filter({ hasText: /\d+ devices/ })).toBeVisible();
  await page.getByRole('textbox', { name: 'Search devices' }).fill('lisbon-00');
  await expect(page).toHaveURL(/q=lisbon-00/);
  await expect(page.getByRole('status').filter({ hasText: '9 match' })).toBeVisible();
  const table = page.getByRole('table', { name: 'Devices' });
  await expect(table.getByRole(rows)).toHaveCount(10);
  await expect(table.getByRole('link', { name: 'lisbon-001' })).toBeVisible();
});

test('filters stand in the address, come back with it and are cleared together', async ({ page }) => {
  await page.goto('/devices?presence=online');
  await choose(page, 'Site', 'Oslo');
  await expect(page).toHaveURL(/presence=online&site=Oslo/);
  await choose(page, 'Firmware', '1.0.0');
  await expect(page).toHaveURL(/firmware=1.0.0/);
  const table = page.getByRole('table', { name: 'Devices' });
  await expect(table.getByRole('cell', { name: 'Berlin' })).toHaveCount(0);
  const found = await table.getByRole('cell', { name: 'Oslo' }).count();
  expect(found).toBeGreaterThan(0);

  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Site' })).toHaveValue('Oslo');
  await expect(table.getByRole('cell', { name: 'Oslo' })).toHaveCount(found);

  await page.getByRole('button', { name: 'Clear', exact: true }).click();
  await expect(page).toHaveURL(/\/devices$/);
  await expect(table.getByRole('cell', { name: 'Berlin' }).first()).toBeVisible();
});

test('an order is asked of the server and stands in the address', async ({ page }) => {
  await page.goto('/devices?site=Berlin');
  const table = page.getByRole('table', { name: 'Devices' });
  const first = table.getByRole(rows).nth(1);
  await expect(first).toContainText('berlin-001');
  await table.getByRole('button', { name: /^Name/ }).click();
  await expect(page).toHaveURL(/sort=-name/);
  await expect(first).not.toContainText('berlin-001');
});

test('the list reads page after page as one scrolls', async ({ page }) => {
  const asked: URL[] = [];
  // The real server in small portions: the demo fleet would fit into one of the console's own.
  await page.route('**/api/v1/devices?*', (route) => {
    const url = new URL(route.request().url());
    url.searchParams.set('pageSize', '25');
    asked.push(url);
    return route.continue({ url: url.toString() });
  });
  await page.goto('/devices');
  const table = page.getByRole('table', { name: 'Devices' });
  await expect(table.getByRole('link', { name: 'berlin-001' })).toBeVisible();
  await table.getByRole('link', { name: 'berlin-001' }).hover();
  const last = table.getByRole('link', { name: /^oslo-/ }).last();
  await expect(async () => {
    await page.mouse.wheel(0, 3_000);
    await expect(last).toBeVisible({ timeout: 500 });
    await expect(table.getByRole(rows).last()).toHaveAttribute('aria-rowindex', /^([6-9]\d|\d{3})$/, { timeout: 500 });
  }).toPass();
  expect(asked.filter((url) => url.searchParams.has('pageToken')).length).toBeGreaterThanOrEqual(2);
});

test('the keyboard reaches filter, pages and any device by name', async ({ page }) => {
  await page.goto('/');
  await expect(heading(page, 'Overview')).toBeVisible();
  // The two keys belong together only when they follow each other within a second or so.
  await expect(async () => {
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await expect(heading(page, 'Devices')).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await page.keyboard.press('/');
  await expect(page.getByRole('textbox', { name: 'Search devices' })).toBeFocused();
  await page.keyboard.type('oslo');
  await expect(page).toHaveURL(/q=oslo/);

  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog');
  await palette.getByRole('textbox', { name: 'Search or jump to' }).fill('berlin-002');
  await expect(palette.getByText('berlin-002')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(heading(page, 'berlin-002')).toBeVisible();
});
