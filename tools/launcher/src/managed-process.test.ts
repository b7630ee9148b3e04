import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertEventually } from '@muster/testkit/assert-eventually';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManagedProcess } from './managed-process.js';

let home: string;
let events: string[];
let child: ManagedProcess | null;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'muster-launcher-'));
  events = [];
  child = null;
});
afterEach(async () => {
  await child?.stop();
  rmSync(home, { recursive: true, force: true });
});

function managed(source: string): ManagedProcess {
  const script = join(home, 'child.mjs');
  writeFileSync(script, source);
  child = new ManagedProcess(
    { name: 'part', script, environment: {}, logFile: join(home, 'part.log'), instance: 'test' },
    {
      onEnd: (_, why) => events.push(why),
      onReady: () => events.push('ready'),
      onGiveUp: (_, why) => events.push(`given up: ${why}`),
    },
  );
  return child;
}

const ready = `process.send({ ready: true }); process.on('disconnect', () => process.exit());`;

describe('a managed process', () => {
  test('is started again after it was killed', async () => {
    const part = managed(ready);
    await part.start();
    const first = part.pid!;
    process.kill(first, 'SIGKILL');
    await assertEventually(() => expect(events).toEqual(['ready', 'was ended by SIGKILL', 'ready']));
    expect(part.pid).not.toBe(first);
  });

  test('explains with its log why it did not come up', async () => {
    await expect(managed(`console.error('no such broker'); process.exit(3);`).start()).rejects.toThrow(
      /part ended with code 3\s+no such broker/,
    );
  });

  test('is given up when its settings are wrong', async () => {
    const part = managed(`process.on('SIGUSR2', () => process.exit(78)); ${ready}`);
    await part.start();
    process.kill(part.pid!, 'SIGUSR2');
    await assertEventually(() => expect(events).toEqual(['ready', 'given up: ended with code 78']));
  });

  test('stays down once it was stopped', async () => {
    const part = managed(ready);
    await part.start();
    await part.stop();
    expect(events).toEqual(['ready']);
  });
});
