import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import type { Release } from '@muster/contracts/releases/releases.schema';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Releases } from './releases.harness.js';

let test: TestDatabase;
let releases: Releases;

beforeAll(async () => {
  test = await testDatabase();
  releases = await Releases.open(test.database, new FakeClock());
});
afterAll(async () => {
  await releases?.close();
  await test?.drop();
});

const damages: [string, (file: string) => void][] = [
  [
    'altered',
    (file) => {
      const content = readFileSync(file);
      content[1_000]! ^= 1;
      writeFileSync(file, content);
    },
  ],
  ['truncated', (file) => truncateSync(file, 1_999)],
  ['extended', (file) => appendFileSync(file, 'x')],
  ['lost', (file) => rmSync(file)],
];

let serial = 0;
async function withFile(): Promise<{ draft: Release; file: string }> {
  const { id, file } = await releases.artifact();
  return { draft: await releases.draft(`1.0.${++serial}`, { artifactId: id }), file };
}

describe('an artifact whose stored content was', () => {
  it.each(damages)('%s is not signed', async (_, damage) => {
    const { draft, file } = await withFile();
    damage(file);
    const answer = await releases.step(draft, 'sign');
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'artifact_digest_mismatch']);
    expect((await releases.as('viewer').get(`/releases/${draft.id}`)).json()).toEqual(draft);
  });

  it.each(damages)('%s after it was signed is not published', async (_, damage) => {
    const { draft, file } = await withFile();
    const signed = (await releases.step(draft, 'sign')).json();
    damage(file);
    const answer = await releases.step(signed, 'publish');
    expect([answer.statusCode, answer.json().code]).toEqual([422, 'artifact_digest_mismatch']);
    expect((await releases.as('viewer').get(`/releases/${draft.id}`)).json().state).toBe('signed');
  });

  it('put right by uploading it again is signed, and a damaged one can still be revoked', async () => {
    const { draft, file } = await withFile();
    const content = readFileSync(file);
    truncateSync(file, 10);
    expect((await releases.step(draft, 'sign')).statusCode).toBe(422);
    await releases.artifact(content);
    const signed = (await releases.step(draft, 'sign')).json();
    rmSync(file);
    expect((await releases.step(signed, 'revoke')).json().state).toBe('revoked');
  });
});
