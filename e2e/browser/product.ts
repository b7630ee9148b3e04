import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@muster/runtime/embedded/free-port';
import { chromium, type FullConfig } from 'playwright/test';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Where the signed-in browser state is kept for the specs. */
export const signedIn = join(root, 'test-results/signed-in.json');

/**
 * Starts the product as a new user does, `npm start` with a small demo fleet in a fresh data folder, and signs in once
 * with the printed link. Specs read MUSTER_CONSOLE and MUSTER_DEVICES.
 */
export default async function start(config: FullConfig): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), 'muster-browser-'));
  const ports = [await freePort(), await freePort(), await freePort()];
  const [people, devices, mqtt] = ports.map(String) as [string, string, string];
  const words = ['--data', data, '--port', people, '--device-port', devices, '--mqtt-port', mqtt, '--devices', '60'];
  const product = spawn(process.execPath, [join(root, 'tools/launcher/dist/main.js'), 'start', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = async () => {
    if (product.exitCode === null && product.signalCode === null) {
      product.kill('SIGINT');
      await once(product, 'exit');
    }
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const link = await signInLink(product);
    process.env.MUSTER_CONSOLE = `http://localhost:${people}`;
    process.env.MUSTER_DEVICES = `https://localhost:${devices}`;
    const browser = await chromium.launch(config.projects[0]!.use.launchOptions);
    const page = await browser.newPage();
    await page.goto(link);
    await page.getByRole('heading', { name: /fleet/i }).first().waitFor();
    await page.context().storageState({ path: signedIn });
    await browser.close();
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

function signInLink(product: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (chunk: Buffer) => {
      printed += chunk;
      const link = /(http:\S+\/sign-in\?token=[\w.~-]+)/.exec(printed)?.[1];
      // The banner is complete when it says how to stop.
      if (link && printed.includes('Ctrl-C')) resolve(link);
    };
    product.stdout?.on('data', read);
    product.stderr?.on('data', read);
    product.once('exit', (code) => reject(new Error(`npm start ended with ${code}:\n${printed}`)));
  });
}
