import { createEnrollmentToken } from '@muster/contracts/enrollment/enrollment.routes';
import { type Fleet, startFleet } from '@muster/fleet-sim/fleet';
import type { SimulatedDevice } from '@muster/fleet-sim/simulated-device';
import { choose, expect, heading, test } from './console.js';
import { photograph } from './pictures.js';

const SITE = 'Workshop';
let fleet: Fleet;
let device: SimulatedDevice;

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext({ storageState: 'test-results/signed-in.json' });
  const origin = process.env.MUSTER_CONSOLE!;
  const answer = await context.request.post(`${origin}/api/v1${createEnrollmentToken.path}`, {
    headers: { origin },
    data: { name: 'Workshop', site: SITE, maxUses: 1, expiresInS: 900 },
  });
  const { token } = (await answer.json()) as { token: string };
  fleet = await startFleet({
    url: process.env.MUSTER_DEVICES!,
    groups: [{ token, site: SITE }],
    devices: 1,
    seed: 7,
    prefix: 'WORKSHOP',
    tempo: { agent: { backoff: { baseMs: 100, capMs: 500, stableMs: 1_000 } } },
  });
  device = fleet.devices[0]!;
  await context.close();
});
test.afterAll(() => fleet?.stop());

test('a new version of a golden config shows as drift while a device is away, and vanishes when it is back', async ({
  page,
}) => {
  await page.goto('/configs');
  await page.getByRole('button', { name: 'New golden config' }).click();
  const dialog = page.getByRole('dialog', { name: 'New golden config' });
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Workshop mode');
  await choose(page, 'Site', SITE);
  await page.keyboard.press('Escape');
  const document = dialog.getByRole('textbox', { name: 'Document (JSON)' });
  await document.fill('{ "workshop": { "mode": "eco", }');
  await expect(dialog.getByRole('alert', { name: 'Faults' })).toBeVisible();
  await document.fill('{ "workshop": { "mode": "eco", "floor": 12 } }');
  await photograph(page, 'golden-config-new');
  await dialog.getByRole('button', { name: 'Save draft' }).click();

  await expect(heading(page, 'Workshop mode')).toBeVisible();
  const publish = async (number: number) => {
    await page.getByRole('button', { name: 'Publish…' }).click();
    const asking = page.getByRole('dialog', { name: `Publish v${number} of Workshop mode?` });
    await expect(asking).toContainText('1 device now');
    await asking.getByRole('button', { name: 'Publish' }).click();
    await expect(asking).toBeHidden();
  };
  const devices = page.getByRole('region', { name: 'Devices' });
  await publish(1);
  await expect(devices.getByRole('img', { name: '1 converged of 1 device' })).toBeVisible();

  await device.setOffline(true);
  await page.getByRole('textbox', { name: 'Document (JSON)' }).fill('{ "workshop": { "mode": "boost", "floor": 12 } }');
  await page.getByRole('textbox', { name: 'Notes' }).fill('Ready for winter');
  await page.getByRole('button', { name: 'Save draft' }).click();
  await publish(2);
  await expect(devices.getByRole('img', { name: '1 drifted of 1 device' })).toBeVisible();
  await photograph(page, 'golden-config');

  await page.getByRole('link', { name: 'Drift', exact: true }).click();
  const fields = page.getByRole('table', { name: 'Drifted fields by device' });
  const field = fields.getByRole('row').filter({ hasText: '/config/workshop/mode' });
  await expect(field).toContainText('"boost"');
  await expect(field).toContainText('"eco"');
  await photograph(page, 'drift');

  await device.setOffline(false);
  await expect(field).toHaveCount(0);
  await page.goto(`/devices/${device.deviceId}?tab=twin`);
  const mode = page
    .getByRole('table', { name: 'Twin, key by key' })
    .getByRole('row')
    .filter({ hasText: 'config.workshop.mode' });
  await expect(mode.getByRole('cell')).toHaveText(['"boost"', '"boost"', 'same']);
});
