import { type Clock, pause } from '../ports/clock.js';
import type { Files, PartFile } from '../ports/files.js';
import type { Net, TlsIdentity } from '../ports/net.js';
import type { Random } from '../ports/random.js';

export interface DownloadWish {
  url: string;
  path: string;
  size: number;
  sha256: string;
  tls: () => TlsIdentity;
  signal: AbortSignal;
  progress: (percent: number) => void;
  /** Bytes that came over the wire, as they come. */
  took?: (bytes: number) => void;
}

export type DownloadOutcome = { ok: true } | { ok: false; code: string; detail: string };

const IDLE_TIMEOUT_MS = 60_000;
/** Bytes between two syncs: what a power cut can cost. */
const SYNC_BYTES = 1 << 20;
const RETRY_FIRST_MS = 1_000;
const RETRY_LAST_MS = 60_000;

/** Answers that time or a fresh offer may cure. */
const curable = (status: number): boolean => status === 429 || status >= 500;

/**
 * Fetches an artifact, going on where it stopped: the offset asked for is always what lies on disk and went through the
 * hash, so an interruption of a resumed download resumes rightly too. Never takes a byte more than the manifest says.
 */
export async function download(
  ports: { files: Files; net: Net; clock: Clock; random: Random },
  wish: DownloadWish,
): Promise<DownloadOutcome> {
  for (let failures = 0; ; ) {
    if (wish.signal.aborted) return { ok: false, code: 'cancelled', detail: 'the download was cancelled' };
    const part = await ports.files.part(wish.path);
    const before = part.size;
    const outcome = await fetchRest(ports.net, part, wish).finally(() => part.close());
    if (outcome === 'whole') return verify(ports.files, wish);
    if (outcome === 'over') await ports.files.remove(wish.path);
    if (outcome !== 'again' && outcome !== 'over') {
      await ports.files.remove(wish.path);
      return outcome;
    }
    failures = part.size > before ? 1 : failures + 1;
    const ceiling = Math.min(RETRY_LAST_MS, RETRY_FIRST_MS * 2 ** Math.min(failures, 20));
    await pause(ports.clock, ports.random() * ceiling, wish.signal);
  }
}

/** `again`: go on from what is there; `over`: the server cannot go on, start from the first byte. */
type Attempt = 'whole' | 'again' | 'over' | Extract<DownloadOutcome, { ok: false }>;

async function fetchRest(net: Net, part: PartFile, wish: DownloadWish): Promise<Attempt> {
  if (part.size === wish.size) return 'whole';
  if (part.size > wish.size)
    return { ok: false, code: 'artifact_too_long', detail: 'more bytes on disk than announced' };
  try {
    const answer = await net.request({
      method: 'GET',
      url: wish.url,
      headers: { range: `bytes=${part.size}-` },
      tls: wish.tls(),
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      signal: wish.signal,
    });
    const { status } = answer;
    if (status === 206 && !startsAt(answer.headers['content-range'], part.size))
      return {
        ok: false,
        code: 'range_wrong',
        detail: `asked from byte ${part.size}, got ${answer.headers['content-range']}`,
      };
    if (status === 200 && part.size > 0) return 'over';
    if (status !== 200 && status !== 206) {
      if (curable(status)) return 'again';
      return { ok: false, code: 'artifact_refused', detail: `the server answered ${status}` };
    }
    return await take(answer.body, part, wish);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      return { ok: false, code: 'disk_full', detail: `the disk was full after ${part.size} bytes` };
    // Lost connection, silence, no route: what is on disk stays.
    await part.sync();
    return 'again';
  }
}

async function take(body: AsyncIterable<Uint8Array>, part: PartFile, wish: DownloadWish): Promise<Attempt> {
  let unsynced = 0;
  for await (const chunk of body) {
    if (wish.signal.aborted) break;
    if (part.size + chunk.length > wish.size)
      return { ok: false, code: 'artifact_too_long', detail: 'the server sent more than announced' };
    await part.write(chunk);
    wish.took?.(chunk.length);
    unsynced += chunk.length;
    if (unsynced >= SYNC_BYTES) {
      await part.sync();
      unsynced = 0;
    }
    wish.progress(Math.floor((part.size / wish.size) * 100));
  }
  await part.sync();
  return part.size === wish.size ? 'whole' : 'again';
}

/** Hashes what lies on disk, as a fresh reader would find it. */
async function verify(files: Files, wish: DownloadWish): Promise<DownloadOutcome> {
  const part = await files.part(wish.path);
  const digest = part.hash.copy().digest('hex');
  await part.close();
  if (digest === wish.sha256) return { ok: true };
  await files.remove(wish.path);
  return { ok: false, code: 'artifact_digest_mismatch', detail: `the artifact has SHA-256 ${digest}` };
}

const startsAt = (contentRange: string | undefined, offset: number): boolean =>
  contentRange?.startsWith(`bytes ${offset}-`) === true;
