import { createPrivateKey } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileKeyStore } from '@muster/pki/keys/file-key-store';
import { openKeks } from '@muster/pki/keys/kek';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseRootKey, UsageError } from './options.js';
import { rootKey } from './root-key.js';

const context = { tenant: null, purpose: 'ca-root', generation: 1 };
let data: string;
const sealed = () => join(data, 'keys', 'ca-root-1.key');
const file = () => join(data, 'safe.pem');
const make = async () => {
  const folder = join(data, 'keys');
  return (await new FileKeyStore(folder, await openKeks(folder, {})).create('ca-root-1', context, 'ES384')).publicKey();
};
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'muster-root-key-'));
  vi.stubEnv('MUSTER_KEK', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(data, { recursive: true });
});

describe('npm run root-key', () => {
  test('takes the key away and brings it back', async () => {
    const key = await make();
    vi.stubEnv('MUSTER_ROOT_PASSPHRASE', 'nobody guesses this one');
    await rootKey({ data, verb: 'offline', file: file() });
    expect(existsSync(sealed())).toBe(false);
    expect(readFileSync(file(), 'utf8')).toMatch(/^# ca-root-1\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    await rootKey({ data, verb: 'online', file: file() });
    expect(await make()).toEqual(key);
  });

  test('leaves the key where it is when the file is there already, and says so', async () => {
    await make();
    writeFileSync(file(), 'something else');
    await expect(rootKey({ data, verb: 'offline', file: file() })).rejects.toThrow('exists');
    expect(existsSync(sealed())).toBe(true);
  });

  test('takes no short passphrase, and makes one of its own when none is given', async () => {
    await make();
    vi.stubEnv('MUSTER_ROOT_PASSPHRASE', 'short');
    await expect(rootKey({ data, verb: 'offline', file: file() })).rejects.toThrow('20 characters');
    expect(existsSync(sealed())).toBe(true);
    expect(existsSync(file())).toBe(false);
    vi.stubEnv('MUSTER_ROOT_PASSPHRASE', '');
    await rootKey({ data, verb: 'offline', file: file() });
    expect(existsSync(sealed())).toBe(false);
    expect(() =>
      createPrivateKey({ key: readFileSync(file(), 'utf8').replace(/^#.*\n/, ''), passphrase: '' }),
    ).toThrow();
  });

  test('is asked with a file, and for nothing else', () => {
    expect(parseRootKey([], {})).toMatchObject({ verb: 'status' });
    expect(parseRootKey(['offline', '/safe.pem', '--data', '/srv'], {})).toEqual({
      verb: 'offline',
      file: '/safe.pem',
      data: '/srv',
    });
    for (const words of [['offline'], ['lose', 'x'], ['online', 'a', 'b']])
      expect(() => parseRootKey(words, {})).toThrow(UsageError);
  });
});
