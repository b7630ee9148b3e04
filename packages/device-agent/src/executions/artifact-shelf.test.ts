import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import { manifest, offer } from '@muster/testkit/update-world';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../ports/clock.js';
import { DiskFiles } from '../ports/disk-files.js';
import type { HttpRequest, Net } from '../ports/net.js';
import { ArtifactShelf } from './artifact-shelf.js';
import type { Update } from './execution-state.js';

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
/** Bytes no compressor makes smaller. */
const noise = (size: number): Buffer => {
  const blocks: Buffer[] = [];
  for (let n = 0; n * 32 < size; n++) blocks.push(createHash('sha256').update(`block ${n}`).digest());
  return Buffer.concat(blocks).subarray(0, size);
};
const base = noise(600_000);
const artifact = Buffer.concat([base.subarray(0, 200_000), Buffer.from('what changed'), base.subarray(200_000)]);
const { constants: c } = zlib;
const params = {
  [c.ZSTD_c_windowLog]: 27,
  [c.ZSTD_c_compressionLevel]: 9,
  [c.ZSTD_c_hashLog]: 20,
  [c.ZSTD_c_chainLog]: 20,
  [c.ZSTD_c_strategy]: 3,
};
const patch = zlib.zstdCompressSync(artifact, { dictionary: base, params });

let folder: string;
let files: DiskFiles;
let asked: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-shelf-'));
  files = new DiskFiles(folder);
  asked = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function* inPieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** A shelf that holds the base, and a server with the artifact and a delta to it. */
async function shelf(served: { delta?: Buffer | number } = {}) {
  const content: Record<string, Buffer | number> = { '/full': artifact, '/delta': served.delta ?? patch };
  const request = async ({ url, headers }: HttpRequest) => {
    const path = new URL(url).pathname;
    const from = Number(/bytes=(\d+)-/.exec(headers!.range!)![1]);
    asked.push(`${path} from ${from}`);
    const bytes = content[path]!;
    if (typeof bytes === 'number') return { status: bytes, headers: {}, body: inPieces(Buffer.alloc(0)) };
    const range = { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
    return { status: 206, headers: range, body: inPieces(bytes.subarray(from)) };
  };
  const identity = () => ({ key: '', certificate: '', root: '', apiUrl: 'https://x' });
  const net = { request } as unknown as Net;
  const made = new ArtifactShelf({ files, net, clock: systemClock, random: () => 0 }, identity);
  await files.replace(made.pathOf(digest(base)), base);
  return made;
}

const update = (delta: Buffer = patch): Update => ({
  ...(offer(1, manifest('2.0.0')) as object as Update),
  manifest: manifest('2.0.0', {
    artifact: { id: 'a', name: 'f.bin', size: artifact.length, sha256: digest(artifact) },
  }),
  artifactPath: '/full',
  delta: {
    format: 'zstd-patch',
    path: '/delta',
    size: delta.length,
    sha256: digest(delta),
    baseSha256: digest(base),
  },
});
const fetch = async (on: ArtifactShelf, of = update(), kept: string | null = digest(base)) =>
  on.fetch(of, kept, new AbortController().signal, () => undefined);
const rebuilt = async (on: ArtifactShelf) => (await files.read(on.pathOf(digest(artifact))))?.equals(artifact);

describe('an artifact with a delta', () => {
  test('is rebuilt from the one that is kept, and only the delta is fetched', async () => {
    const on = await shelf();
    expect(await fetch(on)).toEqual({ ok: true, bytes: patch.length });
    expect(patch.length).toBeLessThan(artifact.length / 100);
    expect(asked).toEqual(['/delta from 0']);
    expect(await rebuilt(on)).toBe(true);
    expect(await files.list('download')).toHaveLength(2);
  });

  test('is fetched as a whole when the device keeps another one, or none', async () => {
    for (const kept of [digest(artifact), null]) {
      const on = await shelf();
      expect(await fetch(on, update(), kept)).toEqual({ ok: true, bytes: artifact.length });
      await files.remove(on.pathOf(digest(artifact)));
    }
    expect(asked).toEqual(['/full from 0', '/full from 0']);
  });

  test('is fetched as a whole when less of it is missing than the delta is long', async () => {
    const on = await shelf();
    const part = await files.part(on.pathOf(digest(artifact)));
    await part.write(artifact.subarray(0, artifact.length - 10));
    await part.close();
    expect(await fetch(on)).toEqual({ ok: true, bytes: 10 });
    expect(await rebuilt(on)).toBe(true);
  });

  const other = Buffer.from(base).fill(7, 0, 1_000);
  test.each([
    ['the server does not hand it out', 404, patch, /answered 404/],
    ['it was altered on the way', Buffer.from(patch).fill(1, 20, 21), patch, /SHA-256/],
    ['it makes something else', null, zlib.zstdCompressSync(other, { dictionary: base, params }), /SHA-256/],
    ['it makes more than announced', null, zlib.zstdCompressSync(Buffer.alloc(2_000_000), { params }), /more bytes/],
    ['it is not a delta at all', null, Buffer.from('nonsense'), /./],
  ])('is fetched as a whole, and says why, when %s', async (_, delta, announced, why) => {
    const on = await shelf({ delta: delta ?? announced });
    const outcome = await fetch(on, update(announced));
    expect(outcome).toMatchObject({ ok: true, note: expect.stringMatching(/^delta not used: /) });
    expect((outcome as { note: string }).note).toMatch(why);
    expect(asked.at(-1)).toBe('/full from 0');
    expect(await rebuilt(on)).toBe(true);
  });
});
