import zlib from 'node:zlib';
import type { Files } from '../ports/files.js';

export interface RebuildWish {
  /** Paths of what there is, and of what is to be made of it. */
  base: string;
  delta: string;
  target: string;
  /** Of the target, from the signed manifest. */
  size: number;
  sha256: string;
  signal: AbortSignal;
}

const SYNC_BYTES = 4 << 20;
/** Windows below this are what every decoder takes; above the files' own size none is needed. */
const WINDOW_LOG_LEAST = 27;
const WINDOW_LOG_MOST = 31;

let able: boolean | null = null;

/** Whether this runtime reads zstd frames that were made with a dictionary: Node 20 has no zstd, others no dictionaries. */
export function readsDeltas(): boolean {
  able ??= tryDictionary();
  return able;
}

function tryDictionary(): boolean {
  if (typeof zlib.createZstdDecompress !== 'function' || typeof zlib.zstdCompressSync !== 'function') return false;
  const probe = Buffer.from('muster 0123456789 abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  return zlib.zstdCompressSync(probe, { dictionary: probe }).length < probe.length / 2;
}

/**
 * Makes an artifact from the one before and a delta: one zstd frame with the base as raw dictionary (RFC 8878 5), which
 * is what `zstd --patch-from` writes. Never writes more than the manifest announces. Answers why it could not, or null.
 */
export async function rebuild(files: Files, wish: RebuildWish): Promise<string | null> {
  const { size, sha256, signal } = wish;
  try {
    const [base, delta] = await Promise.all([files.read(wish.base), files.read(wish.delta)]);
    if (!base || !delta) return 'the artifact it starts from is gone';
    const lacking = memoryLacking(base.length, size);
    if (lacking !== null) return lacking;
    await files.remove(wish.target);
    const part = await files.part(wish.target);
    try {
      let unsynced = 0;
      for await (const chunk of decompressed(base, delta, size)) {
        if (signal.aborted) return 'interrupted';
        if (part.size + chunk.length > size) return 'it makes more bytes than the manifest announces';
        await part.write(chunk);
        unsynced += chunk.length;
        if (unsynced >= SYNC_BYTES) {
          await part.sync();
          unsynced = 0;
        }
      }
      await part.sync();
      const digest = part.hash.copy().digest('hex');
      return digest === sha256 ? null : `it makes an artifact with SHA-256 ${digest}`;
    } finally {
      await part.close();
    }
  } catch (error) {
    return (error as Error).message || String(error);
  }
}

/** Off the event loop, piece by piece: a gateway goes on sending heartbeats. */
function decompressed(base: Buffer, delta: Buffer, size: number): AsyncIterable<Buffer> {
  const windowLog = Math.min(WINDOW_LOG_MOST, Math.max(WINDOW_LOG_LEAST, windowLogFor(base.length + size)));
  const stream = zlib.createZstdDecompress({
    dictionary: base,
    params: { [zlib.constants.ZSTD_d_windowLogMax]: windowLog },
    chunkSize: 1 << 18,
  });
  stream.end(delta);
  return stream;
}

const windowLogFor = (bytes: number): number => Math.ceil(Math.log2(Math.max(2, bytes))) + 1;

/** The decoder copies its dictionary and keeps a window; swapping for it would cost more than the full download. */
function memoryLacking(baseBytes: number, size: number): string | null {
  const wanted = 2 * baseBytes + Math.min(2 ** windowLogFor(baseBytes + size), baseBytes + size);
  const left = process.availableMemory?.() ?? Number.POSITIVE_INFINITY;
  return wanted <= left
    ? null
    : `it needs ${Math.ceil(wanted / 1e6)} MB of memory, ${Math.floor(left / 1e6)} MB are left`;
}
