import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifest } from '@muster/testkit/update-world';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { noExecutions } from '../executions/execution-state.js';
import { EXECUTIONS_PATH } from '../executions/open-updater.js';
import { Slots } from '../executions/slots.js';
import { DiskFiles } from '../ports/disk-files.js';
import { explainState, onlyState } from './why.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-why-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the explanation of a state folder', () => {
  test('of a device that was never offered anything says so', async () => {
    expect(await explainState(folder)).toMatchObject({ code: 'no_offer' });
  });

  test('is the step the update is in, and what the slot in use holds', async () => {
    const slots = new Slots(folder);
    await slots.clear('a');
    await slots.writeLabel('a', { version: '1.2.0', releaseId: null, sha256: null, rollbackIndex: 0 });
    await slots.point('a');
    const update = { manifest: manifest('2.0.0'), step: 'failed', reasonCode: 'probation_timed_out' };
    await new DiskFiles(folder).replace(EXECUTIONS_PATH, JSON.stringify({ ...noExecutions, update }));
    const { code, sentence } = await explainState(folder);
    expect(code).toBe('probation_timed_out');
    expect(sentence).toMatch(/^Not updating: 2\.0\.0 failed\. .* The device runs 1\.2\.0\.$/);
  });

  test('says when the restart is', async () => {
    const update = { manifest: manifest('2.0.0'), step: 'waiting', restartAt: '2026-01-01T00:10:00.000Z' };
    await new DiskFiles(folder).replace(EXECUTIONS_PATH, JSON.stringify({ ...noExecutions, update }));
    expect((await explainState(folder)).sentence).toContain('2026-01-01T00:10:00.000Z');
  });
});

describe('the state folder nobody named', () => {
  test('is the only one, and a sentence where there is none or more', async () => {
    await expect(onlyState(join(folder, 'absent'))).rejects.toThrow('--state');
    await mkdir(join(folder, 'one'));
    expect(await onlyState(folder)).toBe(join(folder, 'one'));
    await mkdir(join(folder, 'two'));
    await expect(onlyState(folder)).rejects.toThrow('one, two');
  });
});
