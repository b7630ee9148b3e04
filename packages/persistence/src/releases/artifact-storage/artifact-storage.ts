import type { Readable } from 'node:stream';

/** Both ends included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Where verified artifacts lie, by tenant and SHA-256: content under a name never changes. */
export abstract class ArtifactStorage {
  /** Takes the whole, already verified file at `path`; the file may be gone afterwards. Repeat-safe. */
  abstract put(tenantId: string, sha256: string, path: string, size: number): Promise<void>;
  /** The bytes of a stored artifact. Rejects when it is missing. */
  abstract open(tenantId: string, sha256: string, range: ByteRange): Promise<Readable>;
}
