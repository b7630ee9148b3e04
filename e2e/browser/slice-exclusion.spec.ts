import { chooseAction, fillWizard, setSwitch, stateOf } from './campaign-wizard.js';
import { ask, choose, expect, heading, test } from './console.js';
import { photograph } from './pictures.js';

interface Halted {
  readonly counters: { readonly inFlight: number };
}

interface Page<T> {
  readonly items: readonly T[];
}

test('of a halted campaign the slice that fails is left out, the others go on, and every decision is judged again', async ({
  page,
}) => {
  test.setTimeout(150_000);
  await page.goto('/campaigns/new');
  await choose(page, 'Release', /Gateway firmware 1\.3\.0/);
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Bad news');
  await page.getByRole('textbox', { name: 'Failures at most' }).fill('15');
  await page.getByRole('textbox', { name: 'Successes at least' }).fill('10');
  await setSwitch(page, 'Roll back by itself', false);
  await fillWizard(page, { sites: [], percents: [50, 75, 100] });
  await page.getByRole('button', { name: 'Launch', exact: true }).click();
  await expect(heading(page, 'Bad news')).toBeVisible();
  await expect(stateOf(page)).toHaveText('Halted', { timeout: 60_000 });
  const id = new URL(page.url()).pathname.split('/').at(-1);

  // What the failed share is settled once nobody is on the way any more.
  const inFlight = () => ask<Halted>(page, `/campaigns/${id}`).then(({ counters }) => counters.inFlight);
  await expect.poll(inFlight, { timeout: 60_000 }).toBe(0);
  await page.reload();
  await page.getByRole('tab', { name: /^Failures/ }).click();
  const first = page.getByRole('button', { name: /^Leave out .* and resume$/ }).first();
  const label = (await first.getAttribute('aria-label'))!;
  const [, slice] = /^Leave out (.*) and resume$/.exec(label)!;
  await photograph(page, 'campaign-failures');
  await page.getByRole('button', { name: label, exact: true }).first().click();
  const dialog = page.getByRole('dialog', { name: `Leave out devices with ${slice}?` });
  await dialog.getByRole('textbox', { name: 'Reason' }).fill('Known to fail');
  await photograph(page, 'campaign-slice');
  await dialog.getByRole('button', { name: 'Leave out and resume' }).click();
  await expect(dialog).toBeHidden();

  await page.getByRole('tab', { name: 'Decisions' }).click();
  const decisions = page.getByRole('tabpanel').getByRole('listitem');
  await expect(decisions.filter({ hasText: 'Slice excluded' })).toContainText('Known to fail');
  const halt = decisions.filter({ hasText: /^(?!.*operator).*halted:/i }).last();
  await halt.getByRole('button', { name: 'Evidence' }).click();
  await expect(halt).toContainText('Judged again in this browser from the record alone: it agrees.');
  await photograph(page, 'campaign-judged-again');

  const { items } = await ask<Page<{ reasonCode: string }>>(page, `/campaigns/${id}/exclusions?pageSize=500`);
  const left = items.filter(({ reasonCode }) => reasonCode === 'excluded_by_operator').length;
  if (left > 0) {
    await page.getByRole('tab', { name: /^Exclusions/ }).click();
    await expect(page.getByRole('button', { name: `${left} left out by a person` })).toBeVisible();
  }

  // What others count on is put back: every device on the release it had.
  await expect(async () => {
    await expect(stateOf(page)).toHaveText(/Halted|Running|Completed/, { timeout: 1_000 });
    const back = page.getByRole('button', { name: 'Roll back…' });
    if (!(await back.isVisible())) await chooseAction(page, 'Roll back…');
    else await back.click();
    await expect(page.getByRole('dialog', { name: 'Roll back Bad news?' })).toBeVisible({ timeout: 1_000 });
  }).toPass();
  const returning = page.getByRole('dialog', { name: 'Roll back Bad news?' });
  const typed = returning.getByRole('textbox', { name: /^Type/ });
  if (await typed.isVisible()) await typed.fill((await returning.locator('label code').innerText()).trim());
  await returning.getByRole('textbox', { name: 'Reason' }).fill('The spec is over');
  await returning.getByRole('button', { name: 'Roll back' }).click();
  await expect(stateOf(page)).toHaveText('Failed', { timeout: 60_000 });
});
