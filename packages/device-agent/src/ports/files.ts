import type { Hash } from 'node:crypto';

/** Durable storage below the agent's state folder. Paths are relative, with forward slashes. */
export interface Files {
  /** The whole content, or null when there is no such file. */
  read(path: string): Promise<Buffer | null>;
  /** Bytes of a file; 0 when there is no such file. */
  size(path: string): Promise<number>;
  /** Replaces the content as one step that survives power loss: the old content or the new, never a mixture. */
  replace(path: string, content: Uint8Array | string): Promise<void>;
  /** Opens for appending, creating file and folders. Bytes count as durable only after `sync`. */
  append(path: string): Promise<AppendFile>;
  /** Cuts a file to its first `size` bytes. */
  truncate(path: string, size: number): Promise<void>;
  /** Absent files are fine. */
  remove(path: string): Promise<void>;
  /** File names in a folder, sorted; empty when there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** Opens a partly downloaded file for continuing, with the hash of what is durably there. */
  part(path: string): Promise<PartFile>;
}

export interface AppendFile {
  readonly size: number;
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface PartFile {
  readonly size: number;
  /** Running SHA-256 over everything written so far. Use `copy()` to read it. */
  readonly hash: Hash;
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
