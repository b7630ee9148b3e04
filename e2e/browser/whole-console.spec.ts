import { ask, expect, test } from './console.js';
import { photograph } from './pictures.js';

interface Found {
  readonly items: readonly { readonly id: string }[];
}

const lists = {
  overview: '/',
  devices: '/devices',
  sites: '/sites',
  drift: '/drift',
  campaigns: '/campaigns',
  'campaign-new': '/campaigns/new',
  releases: '/releases',
  'golden-configs': '/configs',
  freezes: '/freezes',
  anomalies: '/anomalies',
  ingest: '/ingest',
  'dead-letters': '/dead-letters',
  storage: '/storage',
  metrics: '/metrics-catalogue',
  'enrolment-approvals': '/enrolment',
  'enrolment-tokens': '/enrolment?tab=tokens',
  'enrolment-claims': '/enrolment?tab=claims',
  'enrolment-manufacturers': '/enrolment?tab=manufacturers',
  'enrolment-keys': '/enrolment?tab=keys',
  'enrolment-settings': '/enrolment?tab=settings',
  trust: '/trust',
  'trust-changes': '/trust?tab=changes',
  'trust-certificates': '/trust?tab=certificates',
  'trust-authorities': '/trust?tab=authorities',
  'trust-rollover': '/trust?tab=rollover',
  'trust-keys': '/trust?tab=keys',
  audit: '/audit',
  'settings-people': '/settings',
  'settings-keys': '/settings?tab=keys',
  'settings-webhooks': '/settings?tab=webhooks',
  'settings-brakes': '/settings?tab=brakes',
  'settings-sessions': '/settings?tab=sessions',
} as const;

for (const [name, path] of Object.entries(lists))
  test(`the page ${path} has a heading, fits its window and looks right in both colours`, async ({ page }) => {
    await page.goto(path);
    await standsUp(page);
    await photograph(page, name);
    await page.setViewportSize({ width: 900, height: 900 });
    await standsUp(page);
    await photograph(page, `${name}-900`, ['light']);
  });

for (const noun of ['devices', 'releases', 'configs'] as const)
  test(`a page of ${noun} fits a narrow window`, async ({ page }) => {
    const { items } = await ask<Found>(page, `/${noun}?pageSize=1`);
    await page.setViewportSize({ width: 900, height: 900 });
    await page.goto(`/${noun}/${items[0]!.id}`);
    await standsUp(page);
    await photograph(page, `${noun}-one-900`, ['light']);
  });

test('the colours are the person’s choice and stay so', async ({ page }) => {
  await page.goto('/');
  const scheme = () => page.evaluate(() => document.documentElement.dataset.mantineColorScheme);
  const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.getByRole('button', { name: 'Use dark colours' }).click();
  await expect.poll(scheme).toBe('dark');
  expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).not.toBe(before);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Use light colours' })).toBeVisible();
  expect(await scheme()).toBe('dark');
});

/** Its heading is there, its answers have arrived, and nothing is wider than the window. */
async function standsUp(page: import('playwright/test').Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  await expect(page.locator('[aria-busy="true"]')).toHaveCount(0);
  await expect(page.getByRole('alert')).toHaveCount(0);
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await expect.poll(overflow).toBe(0);
}
