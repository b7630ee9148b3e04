import { randomUUID } from 'node:crypto';
import type { Browser } from 'playwright/test';
import { ask, choose, expect, heading, type Page, test } from './console.js';
import { photograph } from './pictures.js';
import { ownDevice } from './raw-telemetry.js';

/** A second person with a session of their own. */
async function approver(page: Page, browser: Browser, baseURL: string): Promise<Page> {
  const added = await page.request.post('/api/v1/members', {
    headers: { origin: baseURL, 'idempotency-key': randomUUID() },
    data: { name: 'Grace Approver', email: `grace-${process.pid}-${Date.now()}@example.com`, role: 'approver' },
  });
  const { signInLink } = (await added.json()) as { signInLink: string };
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] }, baseURL });
  const hers = await context.newPage();
  await hers.goto(signInLink);
  await expect(heading(hers, 'Overview')).toBeVisible();
  return hers;
}

const change = (page: Page, title: string) => page.getByRole('listitem', { name: title, exact: true }).first();

async function approve(hers: Page, title: string): Promise<void> {
  await hers.goto('/trust?tab=changes');
  await change(hers, title)
    .getByRole('button', { name: `Approve: ${title}` })
    .click();
  await hers.getByRole('dialog').getByRole('button', { name: 'Approve and do it' }).click();
  await expect(change(hers, title)).toContainText('Done');
}

test('a new device authority is asked for by one person, approved by another, told to devices and taken back', async ({
  page,
  browser,
  baseURL,
}) => {
  test.setTimeout(240_000);
  const hers = await approver(page, browser, baseURL!);
  const BEGIN = 'Begin a new device authority';
  await page.goto('/trust?tab=rollover');
  await page.getByRole('button', { name: 'New device authority…' }).click();
  const asking = page.getByRole('dialog', { name: `${BEGIN}?` });
  await asking.getByRole('textbox', { name: 'Reason (optional)' }).fill('Yearly rotation');
  await asking.getByRole('button', { name: 'Ask for it' }).click();

  const mine = change(page, BEGIN);
  await expect(mine).toContainText('Yearly rotation');
  await expect(mine).toContainText('You asked for it: somebody else must approve it.');
  await expect(mine.getByRole('button', { name: `Approve: ${BEGIN}` })).toBeDisabled();
  await photograph(page, 'trust-change-own');
  await hers.goto('/trust?tab=changes');
  await photograph(hers, 'trust-change-to-approve', ['light']);
  await approve(hers, BEGIN);
  await expect(mine).toContainText('decided by Grace Approver');

  await page.getByRole('tab', { name: 'Rollover' }).click();
  const rollover = page.getByRole('listitem', { name: /^Device authority, generation/ }).first();
  await expect(rollover).toContainText('Under way');
  await expect(page.getByRole('button', { name: 'New device authority…' })).toBeDisabled();
  await rollover.getByRole('button', { name: 'Tell devices…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Ask for it' }).click();
  await approve(hers, 'Tell devices and brokers to trust the new generation');

  await page.goto('/trust?tab=rollover');
  await expect(rollover).toContainText(/devices seen lately took bundle \d+/);
  await expect(rollover).toContainText(/the gate is (open|closed)/);
  await photograph(page, 'trust-rollover-under-way');
  await page.goto('/trust?tab=authorities');
  await expect(
    page.getByRole('region', { name: 'Device authority' }).getByRole('listitem', { name: 'Generation 2' }),
  ).toContainText('Distributed');
  await photograph(page, 'trust-two-generations');

  await page.goto('/trust?tab=rollover');
  await rollover.getByRole('button', { name: 'Take it back…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Ask for it' }).click();
  await approve(hers, 'Take the rollover back');
  await page.goto('/trust?tab=rollover');
  await expect(rollover).toContainText('Rolled back');
  await hers.context().close();
});

test('who asked may take it back, and nobody needs to decide any more', async ({ page }) => {
  await page.goto('/trust?tab=keys');
  await page.getByRole('button', { name: 'Rotate the command key' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Ask for it' }).click();
  const mine = change(page, 'Rotate the command key');
  await mine.getByRole('button', { name: 'Take back: Rotate the command key' }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('Not this week');
  await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click();
  await expect(mine).toContainText('Denied');
});

test('a revoked certificate says how fast its session was gone and new ones were refused', async ({ page }) => {
  test.setTimeout(120_000);
  const device = await ownDevice(page, 'revoked');
  await page.goto(`/devices/${device.deviceId}?tab=certificates`);
  const current = page.getByRole('region', { name: 'Current certificate' });
  await expect(current.getByRole('img', { name: /days left; renewal from/ })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Where it connects from' })).toContainText('connected now');
  await photograph(page, 'device-certificate');
  await current.getByRole('button', { name: 'Revoke…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke this certificate?' });
  await choose(page, 'Reason code (RFC 5280)', /keyCompromise/);
  await dialog.getByRole('button', { name: 'Revoke' }).click();

  await expect(current).toContainText('No valid certificate');
  const past = page.getByRole('region', { name: 'Its certificates' });
  await past.getByText(/by token, generation 1/).click();
  await expect(past.getByText(/^\d+ (ms|s) after$/)).toHaveCount(2, { timeout: 20_000 });
  await photograph(page, 'device-revoked');
  await device.end();

  await page.goto('/trust');
  const times = page.getByRole('table', { name: 'Last revocations' }).getByRole('row').nth(1);
  await expect(times).toContainText(/\d+ (ms|s)/);
  await photograph(page, 'trust-overview');
});

test('hardware is replaced: the new identity takes the place, and both know of each other', async ({ page }) => {
  test.setTimeout(120_000);
  const device = await ownDevice(page, 'swapped');
  const serial = `NEW-${process.pid}`;
  await page.goto(`/devices/${device.deviceId}`);
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Replace the hardware…' }).click();
  const dialog = page.getByRole('dialog', { name: /^Replace the hardware of/ });
  const own = (await ask<{ serial: string }>(page, `/devices/${device.deviceId}`)).serial;
  await dialog.getByRole('textbox', { name: 'Serial number of the new hardware' }).fill(own);
  await expect(dialog).toContainText('That is the hardware it has now');
  await expect(dialog.getByRole('button', { name: 'Replace' })).toBeDisabled();
  await dialog.getByRole('textbox', { name: 'Serial number of the new hardware' }).fill(serial);
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Lightning');
  await photograph(page, 'device-swap');
  await dialog.getByRole('button', { name: 'Replace' }).click();

  await expect(page.getByText('It took the place of')).toBeVisible();
  await photograph(page, 'device-successor');
  await page.getByRole('link', { name: new RegExp(own) }).click();
  await expect(page.getByText('Its hardware was replaced')).toBeVisible();
  await expect(page.getByRole('link', { name: new RegExp(serial) })).toBeVisible();
  await device.end();
});

test('the certificates of the fleet are filtered in the address', async ({ page }) => {
  await page.goto('/trust?tab=certificates');
  const table = page.getByRole('table', { name: 'Certificates' });
  await expect(table.getByRole('row').nth(1)).toContainText('Active');
  await choose(page, 'State', 'Expired');
  await expect(page).toHaveURL(/state=expired/);
  await expect(page.getByText('No certificate matches')).toBeVisible();
  await page.getByRole('button', { name: 'Clear 1 filter' }).click();
  await expect(table).toBeVisible();
});
