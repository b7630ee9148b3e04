import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, test } from './console.js';
import { photograph } from './pictures.js';

/** What a person's own machine has: its installed Node and npm, nothing of this repository, an empty home. */
function ownMachine() {
  const home = mkdtempSync(join(tmpdir(), 'muster-own-machine-'));
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules'))
    .join(delimiter);
  const env = { PATH: path, HOME: home, npm_config_cache: join(home, '.npm') };
  const node = spawnSync('node', ['--version'], { env, encoding: 'utf8' }).stdout.trim();
  let terminal: ChildProcess | undefined;
  let printed = '';
  return {
    node,
    printed: () => printed,
    run(command: string): void {
      terminal = spawn('sh', ['-c', command], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      terminal.stdout?.on('data', (chunk) => (printed += chunk));
      terminal.stderr?.on('data', (chunk) => (printed += chunk));
    },
    /** Ends the agent with everything npx started for it. */
    switchOff(): void {
      if (terminal?.pid !== undefined && terminal.exitCode === null) process.kill(-terminal.pid, 'SIGKILL');
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

test('a first device goes from nothing to online with one copied command in under two minutes', async ({
  page,
  context,
}) => {
  test.setTimeout(180_000);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const machine = ownMachine();
  const seconds = () => (performance.now() - began) / 1000;
  const began = performance.now();
  try {
    await page.goto('/');
    await page.getByRole('button', { name: 'Enrol a device' }).click();
    const dialog = page.getByRole('dialog', { name: 'Enrol a device' });
    await dialog.getByRole('button', { name: 'Make the command' }).click();
    await dialog.getByRole('button', { name: 'Copy: Command to run on the device' }).click();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    expect(command).toContain(`${process.env.MUSTER_CONSOLE}/agent/muster-agent.tgz`);
    machine.run(command);

    const steps = dialog.getByRole('list', { name: 'Progress' }).getByRole('listitem');
    await expect(steps.filter({ hasText: 'Token used: done' })).toBeVisible({ timeout: 60_000 });
    await photograph(page, 'enrol-a-device');
    for (const step of ['Certificate issued', 'Connected over MQTT', 'First telemetry'])
      await expect(steps.filter({ hasText: `${step}: done` })).toBeVisible({ timeout: 60_000 });

    await dialog.getByRole('button', { name: 'Open the device' }).click();
    await expect(page.getByRole('main').getByText('Online', { exact: true }).first()).toBeVisible();
    const online = seconds();

    await page.getByRole('tab', { name: 'Telemetry' }).click();
    await expect(page.getByRole('tabpanel').locator('canvas').first()).toBeVisible();

    await page.getByRole('tab', { name: 'Commands' }).click();
    await page.getByRole('textbox', { name: 'Payload (optional)' }).fill('first light');
    await page.getByRole('button', { name: 'Send' }).click();
    const ping = page.getByRole('listitem').filter({ hasText: 'Ping' });
    await expect(ping).toContainText('Succeeded');
    await expect(ping).toContainText('acknowledged in');
    await expect(ping).toContainText('first light');
    const acknowledged = seconds();

    console.log(
      `    online after ${online.toFixed(1)} s, ping acknowledged after ${acknowledged.toFixed(1)} s (Node ${machine.node})`,
    );
    expect(online).toBeLessThan(120);
  } catch (error) {
    console.log(machine.printed());
    throw error;
  } finally {
    machine.switchOff();
  }
});
