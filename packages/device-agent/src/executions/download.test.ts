import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../ports/clock.js';
import { MemoryFiles } from '../ports/memory-files.js';
import type { HttpAnswer, HttpRequest, Net } from '../ports/net.js';
import { download } from './download.js';

/** Time that passes as soon as somebody waits for it. */
const hurried: Clock = {
  now: () => new Date(0),
  monotonic: () => 0,
  after: (_, callback) => {
    const timer = setImmediate(callback);
    return () => clearImmediate(timer);
  },
};

const artifact = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 31) & 0xff));
const sha256 = createHash('sha256').update(artifact).digest('hex');

type Serve = (from: number, request: HttpRequest) => HttpAnswer | Error;

async function* chunks(bytes: Buffer, end: Error | null): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
  if (end) throw end;
}
const partial = (from: number, to: number, end: Error | null = null): HttpAnswer => ({
  status: 206,
  headers: { 'content-range': `bytes ${from}-${artifact.length - 1}/${artifact.length}` },
  body: chunks(artifact.subarray(from, to), end),
});
const answer = (status: number, bytes = Buffer.alloc(0), headers = {}): HttpAnswer => ({
  status,
  headers,
  body: chunks(bytes, null),
});

async function fetchWith(serve: Serve, files = new MemoryFiles(), signal = new AbortController().signal) {
  const ranges: number[] = [];
  const net = {
    request: async (request: HttpRequest) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers!.range!)![1]);
      ranges.push(from);
      const served = serve(from, request);
      if (served instanceof Error) throw served;
      return served;
    },
  } as unknown as Net;
  const outcome = await download(
    { files, net, clock: hurried, random: () => 0 },
    {
      url: 'https://x/a',
      path: 'download/a',
      size: artifact.length,
      sha256,
      tls: () => ({ key: '', certificate: '', root: '' }),
      signal,
      progress: () => undefined,
    },
  );
  return { outcome, ranges, files };
}

describe('a download', () => {
  test('goes on from what is there, however often and wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 12 }), async (cuts) => {
        const left = [...cuts];
        const { outcome, ranges } = await fetchWith((from) => {
          const cut = left.shift();
          if (cut === undefined) return partial(from, artifact.length);
          if (cut === 0) return new Error('connection reset');
          return partial(from, Math.min(artifact.length, from + cut), new Error('connection reset'));
        });
        expect(outcome).toEqual({ ok: true });
        expect(ranges).toEqual([...ranges].sort((a, b) => a - b));
      }),
    );
  });

  test('waits for a server that is away or asks for patience', async () => {
    const answers = [answer(503), answer(429), new Error('ECONNREFUSED')];
    const { outcome } = await fetchWith((from) => answers.shift() ?? partial(from, artifact.length));
    expect(outcome).toEqual({ ok: true });
  });

  test('starts over when the server cannot go on', async () => {
    let n = 0;
    const { outcome, ranges } = await fetchWith((from) => {
      n++;
      if (n === 1) return partial(0, 1_400, new Error('reset'));
      return n === 2 ? answer(200, artifact) : partial(from, artifact.length);
    });
    expect(outcome).toEqual({ ok: true });
    expect(ranges).toEqual([0, 1400, 0]);
  });

  test.each([
    ['refuses', answer(403), 'artifact_refused'],
    ['knows nothing of it', answer(404), 'artifact_refused'],
    ['answers another range', { ...partial(0, 10), headers: { 'content-range': 'bytes 7-9/10' } }, 'range_wrong'],
    ['sends more than announced', answer(200, Buffer.concat([artifact, Buffer.from('x')])), 'artifact_too_long'],
    [
      'sends other bytes',
      answer(200, Buffer.from(artifact).fill(0, 10, 11).fill(1, 11, 12)),
      'artifact_digest_mismatch',
    ],
  ])('fails by name, and leaves nothing, when the server %s', async (_, given, code) => {
    const { outcome, files } = await fetchWith(() => given);
    expect(outcome).toMatchObject({ ok: false, code });
    expect((await files.part('download/a')).size).toBe(0);
  });

  test('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const { outcome } = await fetchWith(
      () => {
        abort.abort();
        return new Error('aborted');
      },
      new MemoryFiles(),
      abort.signal,
    );
    expect(outcome).toMatchObject({ ok: false, code: 'cancelled' });
  });
});
