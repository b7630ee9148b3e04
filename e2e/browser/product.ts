import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@muster/runtime/embedded/free-port';
import { chromium, type FullConfig } from 'playwright/test';
import { makesPictures } from './pictures.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** Pictures show the fleet a visitor gets; specs need only enough devices for three waves at a site. */
const fleetSize = makesPictures ? 200 : 60;

/**
 * Starts the product as a new user does, `npm start` with a demo fleet in a fresh data folder, signs in once with the
 * printed link and keeps the session for the specs. They read MUSTER_CONSOLE, MUSTER_DEVICES and the spent link in
 * MUSTER_USED_LINK.
 */
export default async function start(config: FullConfig): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), 'muster-browser-'));
  // Where only root may enter, the database would keep its files elsewhere and they would stay behind.
  chmodSync(data, 0o755);
  const ports = [await freePort(), await freePort(), await freePort()];
  const [people, devices, mqtt] = ports.map(String) as [string, string, string];
  const words = ['--data', data, '--port', people, '--device-port', devices, '--mqtt-port', mqtt];
  const product = spawn(
    process.execPath,
    [join(root, 'tools/launcher/dist/main.js'), 'start', ...words, '--devices', String(fleetSize)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
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
    process.env.MUSTER_USED_LINK = link;
    const { launchOptions, storageState } = config.projects[0]!.use;
    const browser = await chromium.launch(launchOptions);
    const page = await browser.newPage();
    await page.goto(link);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.context().storageState({ path: storageState as string });
    await everyDeviceOnline(page.request, people);
    await browser.close();
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

/** Specs count devices, so the fleet is complete before the first of them looks. */
async function everyDeviceOnline(
  request: { get(url: string): Promise<{ json(): Promise<unknown> }> },
  port: string,
): Promise<void> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const answer = await request.get(`http://localhost:${port}/api/v1/devices?presence=online&pageSize=1`);
    const { totalSize } = (await answer.json()) as { totalSize: number | null };
    if (totalSize !== null && totalSize >= fleetSize) return;
    if (performance.now() > deadline) throw new Error(`${totalSize} of ${fleetSize} devices came online`);
    await pause(500);
  }
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
