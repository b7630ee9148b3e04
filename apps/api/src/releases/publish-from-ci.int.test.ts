import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { FakeClock } from '@muster/testkit/fake-clock';
import { type TestDatabase, testDatabase } from '@muster/testkit/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimsOf, Releases } from './releases.harness.js';
import { cycloneDx } from './sbom-examples.harness.js';

const script = fileURLToPath(new URL('../../../../docs/examples/publish-release.sh', import.meta.url));
const content = randomBytes(50_000);
const notes = 'Fixes "it":\n\tpath C:\\fw\nand more…';

let test: TestDatabase;
let releases: Releases;
let folder: string;
let url: string;
let key: string;

beforeAll(async () => {
  test = await testDatabase();
  releases = await Releases.open(test.database, new FakeClock('2026-11-21T09:00:00.000Z'));
  const app = releases.door.people.app;
  await app.listen(0, '127.0.0.1');
  url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  key = await makeKey(['release:read', 'release:write', 'release:sign', 'release:publish']);
  folder = mkdtempSync(join(tmpdir(), 'muster-ci-'));
  writeFileSync(join(folder, 'gateway-2.1.0.bin'), content);
  writeFileSync(join(folder, 'notes.md'), notes);
  writeFileSync(join(folder, 'sbom.json'), JSON.stringify(cycloneDx([['openssl', '3.0.14']])));
});
afterAll(async () => {
  await releases?.close();
  await test?.drop();
  rmSync(folder, { recursive: true, force: true });
});

const makeKey = async (permissions: string[]): Promise<string> =>
  (await releases.as('admin').post('/api-keys', { name: `ci-${permissions.length}`, permissions })).json().secret;

async function run(version: string, more: string[] = [], env: Record<string, string> = {}) {
  const file = join(folder, 'gateway-2.1.0.bin');
  const args = [script, '--file', file, '--name', 'gateway', '--version', version, '--models', 'gw-1,gw 2', ...more];
  const settings = { ...process.env, MUSTER_URL: url, MUSTER_API_KEY: key, MUSTER_CHUNK_BYTES: '20000', ...env };
  try {
    const { stdout } = await promisify(execFile)('bash', args, { env: settings });
    return { code: 0, stdout, stderr: '' };
  } catch (fault) {
    const { code, stdout, stderr } = fault as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}
const listed = async (version: string) =>
  (await releases.as('viewer').get('/releases?pageSize=100'))
    .json()
    .items.filter((release: { version: string }) => release.version === version);

describe('the script that CI pipelines copy', () => {
  it('brings a file to devices’ reach with all it demands, in pieces, under the name of its key', async () => {
    const demands = ['--min-version', '1.4.0', '--hardware', 'B,C', '--support-until', '2029-12-31', '--pass-through'];
    const parts = ['--notes', join(folder, 'notes.md'), '--sbom', join(folder, 'sbom.json'), '--rollback-index', '7'];
    const done = await run('2.1.0', [...demands, ...parts]);
    expect([done.stderr, done.code]).toEqual(['', 0]);
    expect(done.stdout.match(/uploading bytes/g)).toHaveLength(3);
    const [release] = await listed('2.1.0');
    expect(release).toMatchObject({
      state: 'published',
      models: ['gw-1', 'gw 2'],
      minVersion: '1.4.0',
      hardwareRevisions: ['B', 'C'],
      supportUntil: '2029-12-31T00:00:00.000Z',
      passThrough: true,
      rollbackIndex: 7,
      notes,
      sbom: { format: 'cyclonedx', components: 1 },
      createdBy: 'ci-4',
      signedBy: 'ci-4',
      publishedBy: 'ci-4',
    });
    expect(claimsOf(release.manifestJws)).toMatchObject({ minVersion: '1.4.0', sbomSha256: release.sbom.sha256 });
  });

  it('goes on where an earlier run stopped, and does nothing twice', async () => {
    expect(await run('2.2.0', ['--until', 'draft'])).toMatchObject({ code: 0 });
    expect((await listed('2.2.0'))[0].state).toBe('draft');
    const again = await run('2.2.0');
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('is published')]);
    expect(again.stdout).not.toContain('uploading');
    expect(await run('2.2.0')).toMatchObject({ code: 0 });
    expect(await listed('2.2.0')).toHaveLength(1);
  });

  it('resumes an upload that broke off', async () => {
    const file = join(folder, 'other.bin');
    const bytes = randomBytes(30_000);
    writeFileSync(file, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const pipeline = releases.door.people.with({ authorization: `Bearer ${key}` });
    const declared = { name: 'other.bin', size: 30_000, sha256 };
    const { id } = (await pipeline.post('/artifacts', declared, { 'idempotency-key': `artifact-${sha256}` })).json();
    const range = { 'content-type': 'application/octet-stream', 'content-range': 'bytes 0-12344/30000' };
    await pipeline.put(`/artifacts/${id}/content`, bytes.subarray(0, 12_345), range);
    const done = await run('2.3.0', ['--file', file]);
    expect([done.code, done.stdout]).toEqual([0, expect.stringContaining('uploading bytes 12345 to 29999')]);
    expect((await listed('2.3.0'))[0]).toMatchObject({ state: 'published', artifact: { id, size: 30_000 } });
  });

  it('fails loudly: without a key, with a wrong one, on what the server refuses, and on options that are none', async () => {
    const [missing, wrong, refused, unknown] = await Promise.all([
      run('2.4.0', [], { MUSTER_API_KEY: '' }),
      run('2.4.0', [], { MUSTER_API_KEY: 'mk_nobody' }),
      run('2.4.0', ['--min-version', '9.0.0']),
      run('2.4.0', ['--colour', 'red']),
    ]);
    expect([missing.code, wrong.code, refused.code, unknown.code].filter((code) => code === 0)).toEqual([]);
    expect(missing.stderr).toContain('MUSTER_API_KEY');
    expect(wrong.stderr).toContain('unauthenticated');
    expect(refused.stderr).toContain('minVersion must be below');
    expect(unknown.stderr).toContain('unknown option --colour');
    expect(await listed('2.4.0')).toEqual([]);
  });
});
