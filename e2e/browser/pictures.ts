import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright/test';

const root = fileURLToPath(new URL('../../', import.meta.url));
const schemes = ['light', 'dark'] as const;
type Scheme = (typeof schemes)[number];

/** The README's pictures are made only when asked for, so that an ordinary run leaves the tree as it was. */
export const makesPictures = process.env.MUSTER_SCREENSHOTS === '1';

/** Photographs the page, in both colour schemes unless told otherwise, for whoever looks at all of them after a run. */
export async function photograph(page: Page, name: string, wanted: readonly Scheme[] = schemes): Promise<void> {
  await shoot(page, join(root, 'test-results/pages'), name, wanted);
}

/** Makes a picture of the README, in both colour schemes. */
export async function picture(page: Page, name: string): Promise<void> {
  if (makesPictures) await shoot(page, join(root, 'docs/images'), name);
}

async function shoot(page: Page, folder: string, name: string, wanted: readonly Scheme[] = schemes): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of wanted) {
    await page.emulateMedia({ colorScheme });
    // The console follows the system's choice in a turn of its own.
    await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
    await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), animations: 'disabled' });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}
