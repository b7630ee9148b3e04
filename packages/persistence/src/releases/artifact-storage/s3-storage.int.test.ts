import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Swift, startSwift } from '@muster/testkit/swift';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3Storage } from './s3-storage.js';

const content = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 31) & 0xff));

const one = { sha256: 'one', size: content.length };

let home: string;
let swift: Swift;
let storage: S3Storage;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-s3-'));
  swift = await startSwift(home);
  storage = new S3Storage(swift.artifactsUrl('artifacts'));
});
afterAll(async () => {
  await swift.stop();
  rmSync(home, { recursive: true, force: true });
});

async function put(name: string): Promise<string> {
  const path = join(home, name);
  writeFileSync(path, content);
  await storage.put('north', name, path, content.length);
  return path;
}

describe('artifacts in an S3-compatible store', () => {
  it('make their bucket, come back by ranges, and may be stored again', async () => {
    const path = await put('one');
    expect(existsSync(path)).toBe(false);
    await put('one');
    const part = await buffer(await storage.open('north', one, { start: 1_000, end: 1_999 }));
    expect(part.equals(content.subarray(1_000, 2_000))).toBe(true);
    await expect(storage.open('south', one)).rejects.toMatchObject({ name: 'ContentDamaged' });
  });

  it('are gone once removed, which may be asked for again', async () => {
    await put('one');
    await storage.remove('north', one.sha256);
    await storage.remove('north', one.sha256);
    await expect(storage.open('north', one)).rejects.toMatchObject({ name: 'ContentDamaged' });
    await put('one');
  });

  it('are handed out with the length they were stored with or not at all', async () => {
    for (const size of [content.length - 1, content.length + 1, 2 * content.length]) {
      const range = { start: size - 10, end: size - 1 };
      await expect(storage.open('north', { ...one, size }, range)).rejects.toMatchObject({ name: 'ContentDamaged' });
    }
  });

  it('are open to many slow devices at a time', async () => {
    await put('many');
    const open = () => storage.open('north', { ...one, sha256: 'many' });
    const slow = await Promise.all(Array.from({ length: 80 }, open));
    for (const stream of slow) stream.destroy();
    expect(slow).toHaveLength(80);
  });

  it('are refused with the wrong secret, for an operator to put right', async () => {
    const url = new URL(swift.artifactsUrl('artifacts'));
    url.password = 'guessed';
    const answer = new S3Storage(url.toString()).open('north', one, { start: 0, end: 9 });
    await expect(answer).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });

  it('are unavailable for a time while the store is away, and the upload stays', async () => {
    await swift.stop();
    await expect(storage.open('north', one, { start: 0, end: 9 })).rejects.toMatchObject({ code: 'unavailable' });
    const path = join(home, 'two');
    writeFileSync(path, content);
    await expect(storage.put('north', 'two', path, content.length)).rejects.toMatchObject({ code: 'unavailable' });
    expect(existsSync(path)).toBe(true);
  });
});
