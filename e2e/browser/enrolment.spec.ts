import { readFile } from 'node:fs/promises';
import { enroll } from '@muster/device-agent/identity/enroll';
import { EnrollmentPending } from '@muster/device-agent/identity/read-answer';
import { MemoryFiles } from '@muster/device-agent/ports/memory-files';
import { nodeNet } from '@muster/device-agent/ports/node-net';
import { RawDevice } from '../stack/raw-device.js';
import { ask, expect, heading, type Page, test } from './console.js';
import { photograph } from './pictures.js';

// A refused certificate is asked for on purpose.
test.use({ provokes: /status of 4(00|22)/ });

interface Found {
  readonly items: readonly { readonly id: string; readonly name: string; readonly serial: string }[];
}

const item = (page: Page, name: string) => page.getByRole('listitem', { name, exact: true });
const url = () => process.env.MUSTER_DEVICES!;

test('a device that is not on its batch’s list waits, and comes online once a person has compared its words', async ({
  page,
}) => {
  test.setTimeout(120_000);
  await page.goto('/enrolment');
  const waiting = item(page, 'bl3-0104');
  await expect(waiting).toContainText('Its serial number is not on the list of the batch Factory line 3, Berlin');
  const words = await waiting.getByRole('list', { name: 'Fingerprint words' }).getByRole('listitem').allInnerTexts();
  expect(words).toHaveLength(6);
  await photograph(page, 'enrolment-approvals');

  await waiting.getByRole('button', { name: 'Approve bl3-0104' }).click();
  const dialog = page.getByRole('dialog', { name: 'Let bl3-0104 in?' });
  await expect(dialog.getByRole('button', { name: 'Let it in' })).toBeDisabled();
  await expect(dialog.getByRole('list', { name: 'Fingerprint words' }).getByRole('listitem')).toHaveText(words);
  await photograph(page, 'enrolment-compare-words');
  await dialog.getByRole('checkbox', { name: 'The device shows the same six words' }).check();
  await dialog.getByRole('button', { name: 'Let it in' }).click();
  await expect(waiting).toBeHidden();

  await expect
    .poll(async () => (await ask<Found>(page, '/devices?q=bl3-0104&presence=online')).items.length, { timeout: 40_000 })
    .toBe(1);
  await page.getByText('All', { exact: true }).click();
  await expect(item(page, 'bl3-0104')).toContainText('Approved');
});

test('a device that was turned away stays out', async ({ page }) => {
  await page.goto('/enrolment');
  await page.getByRole('button', { name: 'Turn bl3-0117 away' }).click();
  const dialog = page.getByRole('dialog', { name: 'Turn bl3-0117 away?' });
  await expect(dialog.getByRole('button', { name: 'Turn away' })).toBeDisabled();
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Nobody knows this box');
  await dialog.getByRole('button', { name: 'Turn away' }).click();
  await expect(item(page, 'bl3-0117')).toBeHidden();
  await page.getByText('All', { exact: true }).click();
  await expect(item(page, 'bl3-0117')).toContainText('Nobody knows this box');
  expect((await ask<Found>(page, '/devices?q=bl3-0117')).items).toEqual([]);
});

test('what the console hands out of a new batch lets a listed device in and has the others wait', async ({ page }) => {
  test.setTimeout(180_000);
  const batch = `Pilot ${process.pid}`;
  const listed = `PILOT-${process.pid}-1`;
  await page.goto('/enrolment?tab=claims');
  await page.getByRole('button', { name: 'New batch' }).click();
  const dialog = page.getByRole('dialog', { name: 'New claim batch' });
  await dialog.getByRole('textbox', { name: 'Name of the batch' }).fill(batch);
  await dialog.getByRole('textbox', { name: /^Serial numbers/ }).fill(listed);
  await dialog.getByText('Where the key is made').click();
  await dialog.getByLabel('Password of a PKCS #12 file (optional)').fill('correct horse');
  await photograph(page, 'claim-batch-new');
  await dialog.getByRole('button', { name: 'Make the batch' }).click();

  const made = page.getByRole('dialog', { name: batch });
  await expect(made.getByRole('button', { name: 'Done' })).toBeDisabled();
  await photograph(page, 'claim-batch-secrets');
  const saved = async (name: string) => {
    const [download] = await Promise.all([page.waitForEvent('download'), made.getByRole('button', { name }).click()]);
    return readFile(await download.path());
  };
  const key = (await saved('Download: Private key')).toString();
  const certificate = (await saved('Download: Certificate and chain')).toString();
  // A PKCS #12 file is a DER sequence (RFC 7292 4).
  expect((await saved('Download as PKCS #12'))[0]).toBe(0x30);
  const rootSha256 = (await made.getByRole('button', { name: 'Copy SHA-256 of the root' }).getAttribute('title'))!;
  await made.getByRole('checkbox', { name: 'The key is where I need it' }).check();
  await made.getByRole('button', { name: 'Done' }).click();

  const come = (serial: string) =>
    enroll(
      { files: new MemoryFiles(), net: nodeNet },
      { url: url(), entry: { certificate, key }, rootSha256, serial, model: 'raw', agentVersion: '0.0.0' },
    );
  await come(listed);
  const stranger = `PILOT-${process.pid}-9`;
  await expect(come(stranger)).rejects.toBeInstanceOf(EnrollmentPending);

  const row = page.getByRole('row').filter({ hasText: batch });
  await expect(row).toContainText('1 of 100');
  await expect(row).toContainText('1 waiting');
  await row.getByRole('button', { name: /1 listed/ }).click();
  const serials = page.getByRole('dialog', { name: `Serial numbers of ${batch}` });
  await expect(serials.getByRole('row').filter({ hasText: listed })).toContainText('Open the device');
  await serials.getByRole('textbox', { name: 'Add serial numbers' }).fill(stranger);
  await serials.getByRole('button', { name: 'Add 1 serial number' }).click();
  await expect(serials.getByRole('row').filter({ hasText: stranger })).toContainText('not yet');
  await serials.getByRole('button', { name: 'Close' }).last().click();

  await row.getByRole('button', { name: `Revoke ${batch}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toContainText('Revoked');
  await page.goto('/enrolment');
  await page.getByRole('button', { name: `Turn ${stranger} away` }).click();
  await page.getByRole('dialog').getByRole('textbox', { name: 'Reason' }).fill('The pilot is over');
  await page.getByRole('dialog').getByRole('button', { name: 'Turn away' }).click();
});

test('tokens for a pasted CSV come with a report per row, and as a file once', async ({ page }) => {
  test.setTimeout(120_000);
  const serial = `BULK-${process.pid}`;
  await page.goto('/enrolment?tab=tokens');
  await page.getByRole('button', { name: 'Many tokens' }).click();
  const dialog = page.getByRole('dialog', { name: 'Tokens for many devices' });
  const csv = `serial,model,site\r\n${serial},raw,Berlin\r\n,raw,Berlin\r\n`;
  await dialog.getByRole('textbox', { name: 'Serial numbers or a CSV' }).fill(csv);
  await expect(dialog.getByRole('status')).toContainText('A CSV with 2 rows');
  await dialog.getByRole('button', { name: 'Make 2 tokens' }).click();
  await expect(dialog.getByRole('status')).toHaveText('1 row created, 1 row failed.');
  const rows = dialog.getByRole('table', { name: 'Report' }).getByRole('row');
  await expect(rows.nth(1)).toContainText('Failed');
  await expect(rows.nth(2)).toContainText(serial);
  await photograph(page, 'bulk-tokens-report');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: 'Download 1 token as CSV' }).click(),
  ]);
  const [head, line] = (await readFile(await download.path(), 'utf8')).split('\r\n');
  expect(head).toBe('serial,token');
  const [for_, token] = line!.split(',');
  expect(for_).toBe(serial);
  await dialog.getByRole('button', { name: 'Done' }).click();

  await expect(RawDevice.enrol(url(), token!, `${serial}-other`)).rejects.toThrow();
  await RawDevice.enrol(url(), token!, serial);
  await expect(page.getByRole('row').filter({ hasText: serial })).toContainText('Used up');
});

test('a manufacturer is registered, and a wrong proof says what is wrong with it', async ({ page }) => {
  await page.goto('/enrolment?tab=manufacturers');
  await page.getByRole('button', { name: 'Register a manufacturer' }).click();
  const dialog = page.getByRole('dialog', { name: 'Register a manufacturer' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Meridian Controls');
  await dialog.getByRole('textbox', { name: /^Certificate of the CA/ }).fill('no certificate');
  await dialog.getByRole('combobox', { name: 'Model' }).fill('raw');
  await dialog.getByRole('button', { name: 'Register, then prove' }).click();
  await expect(dialog.getByRole('textbox', { name: /^Certificate of the CA/ })).toHaveAttribute('aria-invalid', 'true');
  await expect(dialog.getByRole('textbox', { name: 'Name' })).toHaveValue('Meridian Controls');
  await photograph(page, 'manufacturer-refused');
});

test('the way to enrolment is in the menu and the palette', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Enrolment' }).click();
  await expect(heading(page, 'Enrolment')).toBeVisible();
  await page.keyboard.press('Control+K');
  await page.getByRole('textbox', { name: 'Search or jump to' }).fill('claim batch');
  await page.getByRole('button', { name: 'New claim batch' }).click();
  await expect(page.getByRole('dialog', { name: 'New claim batch' })).toBeVisible();
});
