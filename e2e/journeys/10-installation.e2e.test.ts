import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEnrollmentToken, listEnrollmentTokens } from '@muster/contracts/enrollment/enrollment.routes';
import { ApiClient } from '@muster/launcher/demo/api-client';
import { isAlive } from '@muster/runtime/embedded/postmaster';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Installation } from '../stack/installation.js';

let home: string;
let installation: Installation;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-installation-'));
  chmodSync(home, 0o755);
  installation = await Installation.in(join(home, 'data'));
});
afterAll(async () => {
  await installation.stop();
  rmSync(home, { recursive: true, force: true });
});

const signIn = (one: Installation) => ApiClient.signIn(one.url, one.signInLink ?? '');

async function tokenNames(one: Installation): Promise<string[]> {
  const { items } = await (await signIn(one)).call(listEnrollmentTokens);
  return items.map(({ name }) => name).sort();
}

describe('an installation', () => {
  test('comes up from nothing with a link to sign in', async () => {
    const began = performance.now();
    await installation.start();
    expect(performance.now() - began).toBeLessThan(30_000);
    const client = await signIn(installation);
    await client.call(createEnrollmentToken, { body: { name: 'kept' } });
  });

  test('prints another link while it runs, and refuses to run twice', async () => {
    expect(installation.command('start', '--sign-in')).toMatch(/\/sign-in\?token=/);
    expect(() => installation.command('start')).toThrow(/already runs/);
  });

  test.each(['api', 'worker'])('starts a killed %s again', async (name) => {
    const before = installation.processes().children[name]!;
    process.kill(before, 'SIGKILL');
    await assertEventually(() => expect(installation.printed).toContain(`${name} is back`), { within: 20_000 });
    expect(installation.processes().children[name]).not.toBe(before);
  });

  test('starts a killed database again, and goes on working', async () => {
    process.kill(installation.postmaster()!, 'SIGKILL');
    await assertEventually(() => expect(installation.printed).toContain('database was restarted'), { within: 20_000 });
    const link = installation.command('start', '--sign-in').trim();
    const client = await assertEventually(() => ApiClient.signIn(installation.url, link), { within: 20_000 });
    expect((await client.call(listEnrollmentTokens)).items.map(({ name }) => name)).toEqual(['kept']);
  });

  test('takes its parts along when the launcher alone is killed, and recovers', async () => {
    const { pid, children } = installation.processes();
    process.kill(pid, 'SIGKILL');
    await assertEventually(() => expect(Object.values(children).filter(isAlive)).toEqual([]), { within: 20_000 });
    await installation.start();
    expect(await tokenNames(installation)).toEqual(['kept']);
  });

  test('recovers from the death of everything at once', async () => {
    await installation.killAll();
    await installation.start();
    expect(await tokenNames(installation)).toEqual(['kept']);
  });

  test('comes back from a backup taken while it runs, and stops without leaving anything', async () => {
    const file = join(home, 'backup.tar.gz');
    installation.command('backup', file);
    const { pid, children } = installation.processes();
    const postmaster = installation.postmaster()!;
    expect(await installation.stop()).toBe(0);
    expect([pid, postmaster, ...Object.values(children)].filter(isAlive)).toEqual([]);

    const other = await Installation.in(join(home, 'restored'));
    other.command('restore', file);
    expect(() => other.command('restore', file)).toThrow(/not empty/);
    await other.start();
    expect(await tokenNames(other)).toEqual(['kept']);
    await other.stop();
  });
});
