import { chooseAction, fillWizard, setSwitch, stateOf } from './campaign-wizard.js';
import { ask, choose, expect, heading, test } from './console.js';
import { photograph } from './pictures.js';

interface Saved {
  readonly plan: Readonly<Record<string, unknown>> & { readonly gate: Readonly<Record<string, unknown>> };
}

const idOf = (url: string): string => /campaigns\/([0-9a-f-]{36})/.exec(url)![1]!;

test('a plan with windows, health limits and conditions is rehearsed, saved, changed and given up', async ({
  page,
}) => {
  test.setTimeout(90_000);
  await page.goto('/campaigns/new');
  await choose(page, 'Release', /Gateway firmware 1\.2\.0/);
  await expect(page.getByRole('list', { name: 'What this release demands' })).toContainText('edge-gateway-100');
  await fillWizard(page, { sites: ['Oslo'], percents: [10, 50, 100] });
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Night shift in Oslo');

  await setSwitch(page, 'Watch updated devices in service', true);
  await page.getByRole('button', { name: 'Watch a metric' }).click();
  await page.getByRole('combobox', { name: 'Metric' }).click();
  await page.getByRole('option', { name: 'Temperature temperature_c' }).click();
  await page.getByRole('textbox', { name: 'Of more than' }).fill('3');

  await page.getByRole('button', { name: 'Add a window' }).click();
  await page.getByRole('button', { name: 'Sat', exact: true }).click();
  await expect(page.getByRole('region', { name: 'When' })).toContainText(
    'Offers are made Mon–Sat from 22:00 for 4 h, by the clock of each device’s site.',
  );
  await expect(page.getByRole('list', { name: 'Next openings' })).toContainText(/UTC: \w{3} \d+ \w{3}, 22:00/);
  await page.getByRole('textbox', { name: 'At one site, at once' }).fill('5');
  await page.getByRole('textbox', { name: 'Battery at least' }).fill('40');
  await page.getByRole('checkbox', { name: 'Only on mains power' }).check();
  await page.getByRole('textbox', { name: 'Spread restarts over' }).fill('2 min');
  await expect(page.getByRole('region', { name: 'Review' })).toContainText('battery at least 40%, mains power');
  await photograph(page, 'campaign-new-full');

  await page.getByRole('slider', { name: 'Failure rate' }).fill('8');
  await expect(page.getByRole('region', { name: 'Rehearse' })).toContainText('fails on 20% of devices');
  await page.getByRole('button', { name: 'Rehearse', exact: true }).click();
  const rehearsal = page.getByRole('region', { name: 'Rehearse' });
  await expect(rehearsal.locator('[data-rehearsal]')).toContainText('A release that fails on 20% of devices');
  await expect(rehearsal.getByRole('table')).toContainText('in the first wave');
  await rehearsal.scrollIntoViewIfNeeded();
  await photograph(page, 'campaign-rehearsal');

  await page.getByRole('button', { name: 'Save as draft' }).click();
  await expect(heading(page, 'Night shift in Oslo')).toBeVisible();
  await expect(stateOf(page)).toHaveText('Draft');
  const id = idOf(page.url());
  const { plan } = await ask<Saved>(page, `/campaigns/${id}`);
  expect(plan).toMatchObject({
    windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat'], from: '22:00', minutes: 240, timezone: 'device' }],
    siteBudget: { devices: 5 },
    preconditions: { minBatteryPercent: 40, mainsPower: true },
    jitterS: 120,
    gate: {
      health: {
        maxErrorRise: 0.05,
        maxBurn: 3,
        baselineS: 86_400,
        metrics: [{ metric: 'temperature_c', bad: 'up', maxChange: 3 }],
      },
    },
  });

  await page.getByRole('link', { name: 'Edit' }).click();
  await expect(heading(page, 'Edit Night shift in Oslo')).toBeVisible();
  const review = page.getByRole('region', { name: 'Review' });
  await expect(review).toContainText('Nothing differs from the saved draft.');
  await page.getByRole('textbox', { name: 'Failures at most' }).fill('2');
  await expect(review).toContainText('at most 5% → at most 2%');
  await review.scrollIntoViewIfNeeded();
  await photograph(page, 'campaign-edit');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(heading(page, 'Night shift in Oslo')).toBeVisible();
  const changed = await ask<Saved>(page, `/campaigns/${id}`);
  expect(changed.plan).toEqual({ ...plan, gate: { ...plan.gate, maxFailureRate: 0.02 } });

  await chooseAction(page, 'Stop…');
  const stopping = page.getByRole('dialog', { name: 'Stop Night shift in Oslo?' });
  await expect(stopping.getByRole('list', { name: 'What happens to whom' })).toContainText('No device is touched.');
  await stopping.getByRole('textbox', { name: 'Reason' }).fill('Only tried on');
  await stopping.getByRole('button', { name: 'Stop the campaign' }).click();
  await expect(stateOf(page)).toHaveText('Stopped');
});

test('devices can be named by a pasted list, and names that nobody has are told', async ({ page }) => {
  await page.goto('/campaigns/new');
  await choose(page, 'Release', /Gateway firmware 1\.2\.0/);
  await page.getByText('By a list', { exact: true }).click();
  await page.getByRole('textbox', { name: 'Devices' }).fill('oslo-001, oslo-002\nnobody-1');
  await page.getByRole('button', { name: 'Find 3 devices' }).click();
  const targets = page.getByRole('region', { name: 'To which devices' });
  await expect(targets.getByRole('status')).toHaveText('2 devices found; 1 not known: nobody-1');
  await expect(page.getByRole('complementary', { name: 'Preflight' })).toContainText('one of 2 named devices');
});
