import type { Clock } from '../ports/clock.js';
import type { Files } from '../ports/files.js';
import type { Net, TlsIdentity } from '../ports/net.js';
import type { Random } from '../ports/random.js';
import { type DownloadOutcome, download } from './download.js';
import type { Update } from './execution-state.js';
import { readsDeltas, rebuild } from './rebuild.js';

const FOLDER = 'download';

export type Fetched =
  /** `bytes` came over the wire in this run; `note` says why a delta was not used. */
  { ok: true; bytes: number; note?: string } | Extract<DownloadOutcome, { ok: false }>;

/** Where artifacts lie, by digest, whole and in part. */
export interface Artifacts {
  pathOf(sha256: string): string;
  /** Bytes of it that are there; 0 when none are. */
  sizeOf(sha256: string): Promise<number>;
  /** Removes everything but these. */
  tidy(keep: readonly string[]): Promise<void>;
  /** Gets the artifact of an update, from what is `kept` and a delta if that goes, else as a whole. */
  fetch(
    update: Update,
    kept: string | null,
    signal: AbortSignal,
    progress: (percent: number) => void,
  ): Promise<Fetched>;
}

export interface ShelfPorts {
  files: Files;
  net: Net;
  clock: Clock;
  random: Random;
}

/** The download folder below the agent's state. */
export class ArtifactShelf implements Artifacts {
  constructor(
    private readonly ports: ShelfPorts,
    private readonly identity: () => TlsIdentity & { apiUrl: string },
  ) {}

  pathOf(sha256: string): string {
    return `${FOLDER}/${sha256}`;
  }

  sizeOf(sha256: string): Promise<number> {
    return this.ports.files.size(this.pathOf(sha256));
  }

  async tidy(keep: readonly string[]): Promise<void> {
    const { files } = this.ports;
    for (const name of await files.list(FOLDER)) if (!keep.includes(name)) await files.remove(`${FOLDER}/${name}`);
  }

  async fetch(
    update: Update,
    kept: string | null,
    signal: AbortSignal,
    progress: (percent: number) => void,
  ): Promise<Fetched> {
    const { artifact } = update.manifest;
    let bytes = 0;
    const get = (path: string, file: { size: number; sha256: string }) =>
      download(this.ports, {
        url: new URL(path, this.identity().apiUrl).href,
        path: this.pathOf(file.sha256),
        size: file.size,
        sha256: file.sha256,
        tls: this.identity,
        signal,
        progress,
        took: (count) => {
          bytes += count;
        },
      });
    const { delta } = update;
    let note: string | null = null;
    if (delta && (await this.#isWorthIt(update, kept))) {
      note = readsDeltas() ? await this.#byDelta(update, delta, get, signal) : 'this runtime cannot read it';
      if (note === null) return { ok: true, bytes };
      if (signal.aborted) return { ok: false, code: 'cancelled', detail: 'the download was cancelled' };
    }
    const outcome = await get(update.artifactPath, artifact);
    return outcome.ok ? { ok: true, bytes, ...(note !== null && { note: `delta not used: ${note}` }) } : outcome;
  }

  async #isWorthIt({ delta, manifest: { artifact } }: Update, kept: string | null): Promise<boolean> {
    if (!delta || delta.baseSha256 !== kept || (await this.sizeOf(kept)) === 0) return false;
    return artifact.size - (await this.sizeOf(artifact.sha256)) > delta.size;
  }

  async #byDelta(
    { manifest: { artifact } }: Update,
    delta: NonNullable<Update['delta']>,
    get: (path: string, file: { size: number; sha256: string }) => Promise<DownloadOutcome>,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { files } = this.ports;
    const fetched = await get(delta.path, delta);
    if (!fetched.ok) return fetched.detail;
    const [base, patch, target] = [delta.baseSha256, delta.sha256, artifact.sha256].map((name) => this.pathOf(name));
    const { size, sha256 } = artifact;
    const fault = await rebuild(files, { base: base!, delta: patch!, target: target!, size, sha256, signal });
    // A half-made artifact is not the beginning of the real one.
    if (fault !== null) await files.remove(target!);
    if (!signal.aborted) await files.remove(patch!);
    return fault;
  }
}
