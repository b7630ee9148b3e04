import { test as base, expect, type Page } from 'playwright/test';

interface Expectations {
  /** Console errors a spec provokes on purpose, by what they say. Chromium logs every refused request as one. */
  readonly provokes: RegExp | null;
}

interface Product {
  /** What went wrong in the page so far: errors in the console, exceptions, requests that left this machine. */
  readonly faults: readonly string[];
}

/** The product's pages under watch: a spec fails when a page logs an error, throws, or asks another machine for anything. */
export const test = base.extend<Expectations & Product & { watched: undefined }>({
  provokes: [null, { option: true }],
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the wanted fixtures from this pattern.
  baseURL: async ({}, use) => use(process.env.MUSTER_CONSOLE),
  // biome-ignore lint/correctness/noEmptyPattern: as above
  faults: async ({}, use) => use([]),
  watched: [
    async ({ context, baseURL, provokes, faults }, use) => {
      const noted = faults as string[];
      context.on('console', (message) => {
        const text = message.text();
        if (message.type() === 'error' && !provokes?.test(text)) noted.push(`console error: ${text}`);
      });
      context.on('weberror', (error) => noted.push(`exception: ${error.error().message}`));
      context.on('request', (request) => {
        const url = new URL(request.url());
        if (url.protocol.startsWith('http') && url.origin !== baseURL) noted.push(`left this machine: ${url}`);
      });
      await use(undefined);
      expect(faults).toEqual([]);
    },
    { auto: true },
  ],
});

export { expect, type Page };

/** The page's only heading of the first level: which page it is. */
export const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });

/** Chooses from a Mantine select or multi-select by its label. */
export async function choose(page: Page, label: string, option: string | RegExp): Promise<void> {
  await page.getByRole('combobox', { name: label, exact: true }).click();
  await page.getByRole('option', { name: option }).click();
}

/** An answer of the application API, asked with the session of the page. */
export async function ask<T>(page: Page, path: string): Promise<T> {
  const answer = await page.request.get(`/api/v1${path}`);
  expect(answer.status(), `${path}: ${await answer.text()}`).toBe(200);
  return answer.json() as Promise<T>;
}
