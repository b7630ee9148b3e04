import { createHash } from 'node:crypto';
import { simulatedArtifact } from '@muster/fleet-sim/behaviour';
import { fillWizard, stateOf } from './campaign-wizard.js';
import { choose, expect, heading, test } from './console.js';
import { makesPictures, photograph, picture } from './pictures.js';

const VERSION = '1.4.0';

test('a release is uploaded, signed and published, and a campaign brings it to a site wave by wave', async ({
  page,
}) => {
  test.setTimeout(150_000);
  const content = simulatedArtifact(VERSION, 200_000);
  await page.goto('/releases');
  await page.getByRole('button', { name: 'Upload a release' }).click();
  const dialog = page.getByRole('dialog', { name: 'Upload a release' });
  const chooser = page.waitForEvent('filechooser');
  await dialog.getByRole('button', { name: 'File' }).click();
  await (await chooser).setFiles({
    name: `gateway-firmware-${VERSION}.bin`,
    mimeType: 'application/octet-stream',
    buffer: content,
  });
  await expect(dialog.getByRole('status')).toContainText('Uploaded and checked · 100%');
  await expect(dialog.getByText(createHash('sha256').update(content).digest('hex'))).toBeVisible();
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('gateway-firmware');
  await expect(dialog.getByRole('textbox', { name: 'Version', exact: true })).toHaveValue(VERSION);
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Gateway firmware');
  for (const model of ['edge-gateway-100', 'edge-gateway-200']) await choose(page, 'Hardware models', model);
  await page.keyboard.press('Escape');
  await dialog.getByRole('textbox', { name: 'Notes' }).fill('Reads the meter twice as often.');
  await photograph(page, 'release-upload');
  await dialog.getByRole('button', { name: 'Make the draft' }).click();

  await expect(heading(page, `Gateway firmware ${VERSION}`)).toBeVisible();
  await expect(stateOf(page)).toHaveText('Draft');
  await page.getByRole('button', { name: 'Sign' }).click();
  await expect(stateOf(page)).toHaveText('Signed');
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(stateOf(page)).toHaveText('Published');
  await photograph(page, 'release');

  await page.getByRole('link', { name: 'Launch a campaign' }).click();
  await expect(page.getByRole('textbox', { name: 'Name' })).toHaveValue(`Gateway firmware ${VERSION}`);
  const sizes = await fillWizard(page, { sites: ['Oslo'], percents: [1, 10, 100] });
  expect(sizes[0]).toBe(1);
  expect(sizes[1]).toBeGreaterThan(1);
  expect(sizes[2]).toBeGreaterThan(sizes[1]!);
  await heading(page, 'New campaign').scrollIntoViewIfNeeded();
  await photograph(page, 'campaign-new');
  await page.getByRole('button', { name: 'Launch', exact: true }).click();

  await expect(heading(page, `Gateway firmware ${VERSION}`)).toBeVisible();
  const overview = await page.context().newPage();
  await overview.goto('/');
  const active = overview.getByRole('region', { name: 'Active campaigns' });
  await expect(active).toContainText(`Gateway firmware ${VERSION}`);
  const waves = page.getByRole('region', { name: 'Waves' }).getByRole('listitem');
  await expect(waves.nth(1)).toContainText(/Open|Soaking|Passed/, { timeout: 60_000 });
  await expect(waves.nth(0)).toContainText('Passed');
  await photograph(page, 'campaign-running');
  await expect(waves.nth(2)).toContainText(/Open|Soaking|Passed/, { timeout: 60_000 });

  if (makesPictures) await expect(active).toContainText('wave 3 of 3');
  await photograph(overview, 'overview-while-running');
  await picture(overview, 'overview');
  await overview.close();

  const total = sizes.reduce((sum, size) => sum + size, 0);
  await expect(stateOf(page)).toHaveText('Completed', { timeout: 60_000 });
  const targets = page.getByRole('region', { name: 'Targets' });
  await expect(targets.getByRole('img')).toHaveAccessibleName(`${total} succeeded of ${total} targets`);
  for (const index of [0, 1, 2]) await expect(waves.nth(index)).toContainText('Passed');
  await photograph(page, 'campaign-completed');
});
