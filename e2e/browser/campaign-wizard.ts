import { choose, expect, heading, type Page } from './console.js';

export interface WizardPlan {
  readonly sites: readonly string[];
  /** Cumulative percentages of the three waves. */
  readonly percents: readonly [number, number, number];
}

/** Fills the wizard with a plan quick enough to watch and returns how many devices it says each wave would take. */
export async function fillWizard(page: Page, { sites, percents }: WizardPlan): Promise<number[]> {
  await expect(heading(page, 'New campaign')).toBeVisible();
  for (const site of sites) await choose(page, 'Site', site);
  await page.keyboard.press('Escape');
  for (const [index, percent] of percents.entries())
    await page.getByRole('textbox', { name: `Size of wave ${index + 1}` }).fill(String(percent));
  const quick = { 'Wave soak': 1, 'Device soak': 1, 'A device has': 60 };
  for (const [label, value] of Object.entries(quick))
    await page.getByRole('textbox', { name: label, exact: true }).fill(String(value));
  const planned = page.getByRole('region', { name: 'In which waves' }).getByText(/^\d+ devices? more, \d+ in all$/);
  await expect(planned).toHaveCount(percents.length);
  await expect(page.getByRole('complementary', { name: 'Preflight' })).toContainText('Each would return to its own.');
  return (await planned.allTextContents()).map((text) => Number.parseInt(text, 10));
}

/** The state a campaign's page shows in its headline. */
export const stateOf = (page: Page) => page.getByRole('main').locator('[data-form="pill"]').first();
