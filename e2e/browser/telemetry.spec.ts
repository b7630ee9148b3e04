import { readFileSync } from 'node:fs';
import type { RawDevice } from '../stack/raw-device.js';
import { choose, expect, heading, type Page, test } from './console.js';
import { photograph } from './pictures.js';
import { ownDevice, type Past, sendPast } from './raw-telemetry.js';

/** A reading every ten seconds for eight minutes, but for three minutes of silence in the middle. */
const past: Past = Array.from({ length: 48 }, (_, n): [number, number] => [485 - n * 10, 100 + n]).filter(
  ([agoS]) => agoS > 330 || agoS < 150,
);

const windowOf = (page: Page): [number, number] => {
  const search = new URL(page.url()).searchParams;
  return [Number(search.get('from')), Number(search.get('to'))];
};
const lengthOf = (page: Page): number => windowOf(page)[1] - windowOf(page)[0];

test.describe('the charts of a device', () => {
  let device: RawDevice;
  test.beforeEach(async ({ page }, { testId }) => {
    device = await ownDevice(page, `chart-${testId.slice(-6)}`);
    await sendPast(device, 'tank_level', past);
    await expect(async () => {
      await page.goto(`/devices/${device.deviceId}?tab=telemetry&range=15m`);
      await expect(page.getByRole('img', { name: 'Tank level over time' })).toBeVisible({ timeout: 4_000 });
    }).toPass();
  });
  test.afterEach(() => device?.end());

  const rows = async (page: Page) => {
    const button = page.getByRole('button', { name: 'Tank level: show as table' });
    if (await button.isVisible()) await button.click();
    return page.getByRole('table', { name: 'Tank level' }).getByRole('row');
  };

  test('show what it sent, and a gap where it sent nothing', async ({ page }) => {
    await expect(page.getByText('147').first()).toBeVisible();
    await photograph(page, 'chart-with-gap');
    const all = await rows(page);
    await expect(all.nth(1)).toContainText('147');
    await expect(all.last()).toContainText('100');
    await expect(all.filter({ hasText: 'nothing heard' })).toHaveCount(1);
  });

  test('go on by themselves while one watches, and stop when they are moved', async ({ page }) => {
    const all = await rows(page);
    await expect(page.getByText('Live', { exact: true }).last()).toBeVisible();
    await device.publish(device.reading({ readings: [{ values: { tank_level: 777 } }] }));
    await expect(all.nth(1)).toContainText('777');
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect(page.getByRole('button', { name: 'Back to live' })).toBeVisible();
    await device.publish(device.reading({ readings: [{ values: { tank_level: 888 } }] }));
    await expect(page.getByRole('region', { name: 'Tank level' }).getByText(/^888/)).toBeVisible();
    await expect(all.nth(1)).toContainText('777');
    await page.getByRole('button', { name: 'Back to live' }).click();
    await expect(all.nth(1)).toContainText('888');
  });

  test('zoom by box, key, wheel and button, move by drag, and keep the window in the address', async ({ page }) => {
    const chart = page.getByRole('img', { name: 'Tank level over time' });
    await chart.focus();
    await page.keyboard.press('+');
    await expect.poll(() => lengthOf(page)).toBe(450_000);
    await page.getByRole('button', { name: 'Zoom out' }).click();
    await expect.poll(() => lengthOf(page)).toBe(900_000);

    const box = (await chart.boundingBox())!;
    const at = (share: number) => [box.x + 60 + (box.width - 60) * share, box.y + 60] as const;
    const [before] = windowOf(page);
    await page.mouse.move(...at(0.4));
    await page.mouse.down();
    await page.mouse.move(...at(0.5));
    await page.mouse.move(...at(0.7));
    await page.mouse.up();
    await expect.poll(() => windowOf(page)[0]).toBeLessThan(before - 200_000);
    expect(lengthOf(page)).toBe(900_000);

    await page.keyboard.down('Shift');
    await page.mouse.move(...at(0.3));
    await page.mouse.down();
    await page.mouse.move(...at(0.5));
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await expect.poll(() => lengthOf(page)).toBeLessThan(300_000);

    const zoomed = lengthOf(page);
    await page.mouse.wheel(0, 200);
    await expect.poll(() => lengthOf(page)).toBeGreaterThan(zoomed);

    await page.reload();
    await expect(page.getByRole('button', { name: 'Back to live' })).toBeVisible();
    await page.getByRole('img', { name: 'Tank level over time' }).dblclick({ position: { x: 300, y: 60 } });
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  });

  test('stand beside those of another device, on the same axes', async ({ page }) => {
    await page.getByRole('combobox', { name: 'Compare with' }).fill('oslo-00');
    await page
      .getByRole('option', { name: /^oslo-00\d/ })
      .first()
      .click();
    await expect(page).toHaveURL(/compare=/);
    await choose(page, 'Draw', 'Shape of readings');
    await expect(page).toHaveURL(/draw=shape/);
    await page.getByRole('combobox', { name: 'Compare with' }).fill('');
    await expect(page).not.toHaveURL(/compare=/);
  });

  test('leave as a file', async ({ page }) => {
    await page.getByRole('button', { name: 'Export…' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('dialog').getByRole('link', { name: 'Export' }).click();
    const text = readFileSync(await (await download).path(), 'utf8');
    expect(text).toContain(device.deviceId);
    expect(text.split('\n').filter((line) => line.includes('tank_level')).length).toBe(past.length);
  });
});

test('a metric described with a range flags readings outside of it', async ({ page }) => {
  const device = await ownDevice(page, 'described');
  await page.goto('/metrics-catalogue');
  await page.getByRole('button', { name: 'Describe a metric' }).click();
  const dialog = page.getByRole('dialog', { name: 'Describe a metric' });
  await dialog.getByRole('textbox', { name: 'Key' }).fill('boiler_bar');
  await dialog.getByRole('textbox', { name: 'Lowest possible' }).fill('0');
  await dialog.getByRole('textbox', { name: 'Highest possible' }).fill('-4');
  await expect(dialog.getByText('must be above the lowest')).toBeVisible();
  await dialog.getByRole('textbox', { name: 'Highest possible' }).fill('16');
  await photograph(page, 'metric-described');
  await dialog.getByRole('button', { name: 'Save' }).click();
  const row = page.getByRole('table', { name: 'Metrics' }).getByRole('row').filter({ hasText: 'boiler_bar' });
  await expect(row).toContainText('0 to 16');

  await device.publish(device.reading({ readings: [{ values: { boiler_bar: 4 } }] }));
  await device.publish(device.reading({ readings: [{ values: { boiler_bar: 9000 } }] }));
  await page.goto(`/devices/${device.deviceId}?tab=telemetry&range=15m`);
  const chart = page.getByRole('region', { name: 'Boiler' });
  await expect(chart.getByText(/left out: outside the physical range/)).toBeVisible();
  await photograph(page, 'chart-flagged');
  await chart.getByRole('button', { name: 'Boiler: show as table' }).click();
  await expect(chart.getByRole('row').filter({ hasText: 'left out: outside the physical range' })).toHaveCount(1);
  await device.end();
});

test('a dead letter is edited and replayed', async ({ page }) => {
  const device = await ownDevice(page, 'poisoned');
  await device.publish(device.reading({ readings: [{ values: { 'Not A Key': 41 } }] }));
  await page.goto('/dead-letters');
  const letter = page.getByRole('listitem').filter({ hasText: device.deviceId });
  await letter.getByRole('button', { name: 'Look inside' }).click();
  const body = letter.getByRole('textbox', { name: 'Body' });
  const mended = (await body.inputValue()).replace('Not A Key', 'mended_c');
  await body.fill(`${mended},`);
  await expect(letter.getByText(/^Still not JSON/)).toBeVisible();
  await expect(letter.getByRole('button', { name: 'Replay as edited' })).toBeDisabled();
  await body.fill(mended);
  await photograph(page, 'dead-letter-edited');
  await letter.getByRole('button', { name: 'Replay as edited' }).click();
  await expect(letter).toHaveCount(0);
  await page.getByText('Replayed', { exact: true }).click();
  await expect(letter).toContainText(/replayed by/);
  await page.goto(`/devices/${device.deviceId}`);
  await expect(page.getByRole('region', { name: 'Newest values' }).getByText('41')).toBeVisible();
  await device.end();
});

test('the ingest page shows a rate, who takes messages and what is stored', async ({ page }) => {
  await page.goto('/ingest');
  await expect(heading(page, 'Ingest')).toBeVisible();
  await expect(page.getByText(/^[\d.,]*[1-9][\d.,]*\/s$/).first()).toBeVisible({ timeout: 45_000 });
  await expect(page.getByRole('table', { name: 'Processes that take messages' }).getByRole('row').nth(1)).toContainText(
    'takes messages',
  );
  await expect(page.getByRole('img', { name: 'Messages stored over time' })).toBeVisible();
  await photograph(page, 'ingest');
});

test('retention is changed by somebody who has read what it removes', async ({ page }) => {
  await page.goto('/storage');
  const row = page
    .getByRole('table', { name: 'Retention policies' })
    .getByRole('row')
    .filter({ hasText: 'All devices' });
  await expect(row).toContainText('180 days');
  for (const [days, said] of [
    ['170', 'Raw data older than 170 days will be removed within an hour.'],
    ['180', 'what is gone stays gone'],
  ] as const) {
    await row.getByRole('button', { name: 'Change retention of All devices' }).click();
    const dialog = page.getByRole('dialog', { name: 'Retention' });
    await expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled();
    await dialog.getByRole('textbox', { name: 'Raw data, days' }).fill(days);
    await expect(dialog.getByRole('list', { name: 'What saving does' })).toContainText(said);
    if (days === '170') await photograph(page, 'retention-change');
    await dialog.getByRole('button', { name: /^Save/ }).click();
    await expect(row).toContainText(`${days} days`);
  }
  await photograph(page, 'storage');
});
