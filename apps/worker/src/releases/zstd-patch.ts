import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createZstdDecompress, type ZstdOptions, zstdCompress } from 'node:zlib';

const compress = promisify(zstdCompress);

/** The decoder's memory is the window: 256 MiB holds the largest artifact there is a delta to. */
const LARGEST_WINDOW = 28;
const bits = (length: number): number => Math.ceil(Math.log2(length + 1));
const between = (least: number, value: number, most: number): number => Math.min(most, Math.max(least, value));

/**
 * Format `zstd-patch`: one zstd frame with `base` as raw-content dictionary, as `zstd --patch-from` makes and reads it.
 * The work is done in the pool of libuv, away from the event loop.
 */
export function makePatch(base: Buffer, target: Buffer): Promise<Buffer> {
  // Tables of the default size hold the last few MB of a dictionary only: what stands before is then never found.
  const table = between(17, bits(base.length), 26);
  const options: ZstdOptions = {
    dictionary: base,
    pledgedSrcSize: target.length,
    params: {
      [constants.ZSTD_c_compressionLevel]: 9,
      [constants.ZSTD_c_strategy]: constants.ZSTD_greedy,
      [constants.ZSTD_c_windowLog]: between(20, bits(base.length + target.length), LARGEST_WINDOW),
      [constants.ZSTD_c_hashLog]: table,
      [constants.ZSTD_c_chainLog]: table,
    },
  };
  return compress(target, options);
}

/** SHA-256 of what a device gets that applies `patch` to `base`. */
export async function digestOfPatched(base: Buffer, patch: Buffer): Promise<string> {
  const digest = createHash('sha256');
  const decoder = createZstdDecompress({ dictionary: base, params: { [constants.ZSTD_d_windowLogMax]: 31 } });
  for await (const chunk of Readable.from([patch]).pipe(decoder)) digest.update(chunk as Buffer);
  return digest.digest('hex');
}
