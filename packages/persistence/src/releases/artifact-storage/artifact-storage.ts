import type { Readable } from 'node:stream';

/** Both ends included, as in HTTP. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What is stored, by what is known of it: an artifact or a delta. */
export interface StoredContent {
  readonly sha256: string;
  readonly size: number;
}

/** Where verified content lies, by tenant and SHA-256: what stands under a name never changes. */
export abstract class ArtifactStorage {
  /** Takes the whole, already verified file at `path`; the file may be gone afterwards. Repeat-safe. */
  abstract put(tenantId: string, sha256: string, path: string, size: number): Promise<void>;
  /**
   * The bytes of stored content, all of them without a range. Rejects with ContentDamaged before the first byte when
   * what lies there is missing or of another length, and with StorageAway when the store does not answer.
   */
  abstract open(tenantId: string, content: StoredContent, range?: ByteRange): Promise<Readable>;
  /** Forgets stored content; what is not there is forgotten already. */
  abstract remove(tenantId: string, sha256: string): Promise<void>;
}

export const wholeOf = ({ size }: StoredContent): ByteRange => ({ start: 0, end: size - 1 });
