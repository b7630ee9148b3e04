import { ask, expect, heading, test } from './console.js';
import { photograph, picture } from './pictures.js';

interface Found {
  readonly items: readonly { readonly id: string; readonly name: string }[];
}

test.beforeEach(async ({ page }) => {
  const { items } = await ask<Found>(page, '/devices?q=berlin-001');
  await page.goto(`/devices/${items[0]!.id}`);
  await expect(heading(page, 'berlin-001')).toBeVisible();
});

test('says in one sentence whether the device is on target, and shows its newest values', async ({ page }) => {
  await expect(page.getByText(/^The device is where it should be, on \d+\.\d+\.\d+\.$/)).toBeVisible();
  await expect(page.getByRole('region', { name: 'Newest values' }).getByRole('listitem').first()).toBeVisible();
  await photograph(page, 'device-overview');
});

test('draws every metric of the device', async ({ page }) => {
  await page.getByRole('tab', { name: 'Telemetry' }).click();
  await expect(page).toHaveURL(/tab=telemetry/);
  const charts = page.getByRole('tabpanel').locator('canvas');
  await expect(charts.first()).toBeVisible();
  expect(await charts.count()).toBeGreaterThanOrEqual(5);
  await page.getByText('6h', { exact: true }).click();
  await expect(page).toHaveURL(/range=6h/);
  await expect(charts.first()).toBeVisible();
  await photograph(page, 'device-telemetry');
  await picture(page, 'device');
});

test('sets desired beside reported, key by key', async ({ page }) => {
  await page.getByRole('tab', { name: 'Twin' }).click();
  const twin = page.getByRole('table', { name: 'Twin, key by key' });
  const heartbeat = twin.getByRole('row').filter({ hasText: 'config.heartbeatS' });
  await expect(heartbeat.getByRole('cell')).toHaveText(['10', '10', 'same']);
  await photograph(page, 'device-twin');
});

test('sends a command and shows when it was acknowledged', async ({ page }) => {
  await page.getByRole('tab', { name: 'Commands' }).click();
  await page.getByRole('button', { name: 'Send' }).click();
  const ping = page.getByRole('listitem').filter({ hasText: 'Ping' });
  await expect(ping).toContainText('Succeeded');
  await expect(ping).toContainText(/acknowledged in \d+/);
  await photograph(page, 'device-commands');
});

test('shows the certificate with its life and renewal window', async ({ page }) => {
  await page.getByRole('tab', { name: 'Certificate' }).click();
  const panel = page.getByRole('tabpanel');
  await expect(panel.getByText('Active', { exact: true })).toBeVisible();
  await expect(panel.getByText(/^(89|90) days left\. It renews by itself between/)).toBeVisible();
  await expect(panel.getByText(/^spiffe:\/\/muster\/t\/main\/d\//)).toBeVisible();
  await photograph(page, 'device-certificate');
});

test('tells what happened to the device, newest first', async ({ page }) => {
  await page.getByRole('tab', { name: 'Timeline' }).click();
  const events = page.getByRole('tabpanel').getByRole('listitem');
  await expect(events.last()).toContainText('Enrolled with token Demo fleet, Berlin');
  await photograph(page, 'device-timeline');
});
