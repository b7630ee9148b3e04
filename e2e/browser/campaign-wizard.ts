import { choose, expect, heading, type Page } from './console.js';

export interface WizardPlan {
  readonly sites: readonly string[];
  /** Cumulative percentages of the three waves. */
  readonly percents: readonly [number, number, number];
}

interface Preview {
  readonly waves: readonly { readonly size: number; readonly cumulative: number }[];
}

/** Soaks and deadline short enough to watch. The deadline is filled in last and tells the final preview from earlier ones. */
const DEADLINE_S = 60;
const quick = { 'Wave soak': '1 s', 'Device soak': '1 s', 'A device has': `${DEADLINE_S}` };

/** Fills the wizard with a quick plan, checks that it says whom each wave takes, and returns how many devices that is. */
export async function fillWizard(page: Page, { sites, percents }: WizardPlan): Promise<number[]> {
  await expect(heading(page, 'New campaign')).toBeVisible();
  for (const site of sites) await choose(page, 'Site', site);
  await page.keyboard.press('Escape');
  for (const [index, percent] of percents.entries())
    await page.getByRole('textbox', { name: `Size of wave ${index + 1}` }).fill(String(percent));
  const answer = page.waitForResponse(
    (response) =>
      response.url().endsWith('/campaigns/preview') &&
      response.request().postDataJSON().plan.deadlineS === DEADLINE_S &&
      response.ok(),
  );
  for (const [label, value] of Object.entries(quick))
    await page.getByRole('textbox', { name: label, exact: true }).fill(value);
  const { waves } = (await (await answer).json()) as Preview;
  expect(waves).toHaveLength(percents.length);
  const planned = page.getByRole('region', { name: 'In which waves' }).getByText(/^\d+ more, \d+ in all$/);
  await expect(planned).toHaveText(waves.map(({ size, cumulative }) => `${size} more, ${cumulative} in all`));
  await expect(page.getByRole('complementary', { name: 'Preflight' })).toContainText('Each would return to its own.');
  return waves.map(({ size }) => size);
}

/** Sets a switch of the wizard; Mantine lays the input over its own label. */
export async function setSwitch(page: Page, name: string, on: boolean): Promise<void> {
  await page.getByRole('switch', { name }).setChecked(on, { force: true });
}

/** The state a page shows in its headline. */
export const stateOf = (page: Page) => page.getByRole('main').locator('[data-form="pill"]').first();

/** Chooses from the campaign's menu of further actions. */
export async function chooseAction(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name }).click();
}
