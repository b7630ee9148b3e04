import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';

/** How many of `received` bytes are really there; fewer when the folder was lost or another replica took them. */
export async function bytesAt(path: string, received: number): Promise<number> {
  const found = await stat(path).catch(() => null);
  return Math.min(received, found?.size ?? 0);
}

/**
 * Writes `body` from `offset` on and syncs. Never writes beyond `limit`; a body that brings more stops there and is told
 * by `over`. A connection that breaks resolves too: what arrived is kept for a resumed upload.
 */
export async function writeFrom(
  path: string,
  body: Readable,
  offset: number,
  limit: number,
): Promise<{ received: number; over: boolean }> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, offset === 0 ? 'w' : 'r+');
  let at = offset;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (at + chunk.length > limit) return { received: at, over: true };
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
    }
  } catch (fault) {
    if (!body.errored && !body.destroyed) throw fault;
  } finally {
    await file.sync();
    await file.close();
  }
  return { received: at, over: false };
}

/** SHA-256 of the first `size` bytes as they lie on disk. */
export async function hashFile(path: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { start: 0, end: size - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
