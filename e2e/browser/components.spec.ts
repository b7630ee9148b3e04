import { choose, expect, heading, test } from './console.js';
import { photograph } from './pictures.js';

const document = {
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  version: 1,
  components: [
    { type: 'library', name: 'openssl', version: '3.0.2-0ubuntu1', purl: 'pkg:deb/ubuntu/openssl@3.0.2-0ubuntu1' },
    { type: 'library', name: 'zlib', version: '1.3.1', licenses: [{ license: { id: 'Zlib' } }] },
  ],
};
const file = (name: string, content: string) => ({ name, mimeType: 'application/json', buffer: Buffer.from(content) });

// The first SBOM it attaches is none.
test.use({ provokes: /422/ });

test('a release is uploaded with its demands and its SBOM, and found by what it is made of', async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto('/releases#upload');
  const dialog = page.getByRole('dialog', { name: 'Upload a release' });
  const give = async (button: string, chosen: ReturnType<typeof file>) => {
    const chooser = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await (await chooser).setFiles(chosen);
  };
  await give('File', file('edge-image-7.0.0.bin', 'seven'));
  await expect(dialog.getByRole('status')).toContainText('Uploaded and checked · 100%');
  await choose(page, 'Hardware models', 'edge-gateway-100');
  await dialog.getByRole('textbox', { name: 'Minimum version' }).fill('7.0.0');
  await expect(dialog.getByText('Below 7.0.0, its own version')).toBeVisible();
  await expect(dialog.getByRole('button', { name: 'Make the draft' })).toBeDisabled();
  await dialog.getByRole('textbox', { name: 'Minimum version' }).fill('1.0.0');
  const ends = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  await dialog.getByLabel('Support until').fill(ends);
  await give('SBOM', file('sbom.json', '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"x"}]}'));
  await dialog.getByRole('button', { name: 'Make the draft' }).click();
  await expect(dialog.getByRole('alert')).toContainText('sbom_invalid');
  await expect(dialog.getByRole('alert')).toContainText('/body/components/0');
  await give('SBOM', file('sbom.json', JSON.stringify(document)));
  await dialog.getByRole('button', { name: 'Attach the SBOM' }).click();

  await expect(heading(page, 'edge-image 7.0.0')).toBeVisible();
  const demands = page.getByRole('region', { name: 'Demands' });
  await expect(demands).toContainText('1.0.0');
  await expect(demands).toContainText('ends');
  const sbom = page.getByRole('region', { name: 'SBOM' });
  await expect(sbom).toContainText('CycloneDX 1.5 · 2 components');
  await sbom.getByRole('textbox', { name: 'Component name' }).fill('ssl');
  await expect(sbom.getByRole('row')).toHaveCount(2);

  await page.getByRole('button', { name: 'Edit…' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit edge-image 7.0.0' });
  await edit.getByRole('textbox', { name: 'Notes' }).fill('Ready to sign.');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('region', { name: 'Notes' })).toContainText('Ready to sign.');

  await sbom.getByRole('link', { name: 'openssl' }).click();
  await expect(heading(page, 'Components')).toBeVisible();
  await page.getByRole('textbox', { name: 'Versions' }).fill('<3.0.14');
  await page.getByRole('button', { name: 'Find' }).click();
  const found = page.getByRole('region', { name: 'Releases that contain it' });
  await expect(found.getByRole('row', { name: /edge-image/ })).toContainText('3.0.2-0ubuntu1');
  await photograph(page, 'components');
  await page.getByRole('textbox', { name: 'Versions' }).fill('>3.0.14');
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(found).toContainText('No release contains it');
});
