import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskStorage } from './disk-storage.js';

const content = randomBytes(10_000);
const stored = { sha256: createHash('sha256').update(content).digest('hex'), size: content.length };

let home: string;
let storage: DiskStorage;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'muster-disk-'));
  storage = new DiskStorage(join(home, 'artifacts'));
  mkdirSync(join(home, 'artifacts', 'north'), { recursive: true });
  writeFileSync(join(home, 'arrived'), content);
  await storage.put('north', stored.sha256, join(home, 'arrived'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const at = () => join(home, 'artifacts', 'north', stored.sha256);
const damaged = { name: 'ContentDamaged' };

it('content comes whole or in part', async () => {
  expect((await buffer(await storage.open('north', stored))).equals(content)).toBe(true);
  const part = await buffer(await storage.open('north', stored, { start: 10, end: 19 }));
  expect(part.equals(content.subarray(10, 20))).toBe(true);
});

it('a file that is missing, truncated or altered gives not one byte, and is open again once it is put right', async () => {
  await expect(storage.open('south', stored)).rejects.toMatchObject(damaged);
  await buffer(await storage.open('north', stored));
  truncateSync(at(), 9_999);
  await expect(storage.open('north', stored, { start: 0, end: 9 })).rejects.toMatchObject(damaged);
  writeFileSync(at(), Buffer.concat([content.subarray(1), content.subarray(0, 1)]));
  await expect(storage.open('north', stored, { start: 0, end: 9 })).rejects.toMatchObject(damaged);
  writeFileSync(join(home, 'again'), content);
  await storage.put('north', stored.sha256, join(home, 'again'));
  expect((await buffer(await storage.open('north', stored))).equals(content)).toBe(true);
});

it('removed content is gone, and may be removed again', async () => {
  await storage.remove('north', stored.sha256);
  await storage.remove('north', stored.sha256);
  await expect(storage.open('north', stored)).rejects.toMatchObject(damaged);
});
