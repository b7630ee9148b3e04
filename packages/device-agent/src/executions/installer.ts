/** A release in a slot. */
export interface Installed {
  version: string;
  releaseId: string | null;
  sha256: string | null;
  rollbackIndex: number;
}

export type InstallOutcome = { ok: true } | { ok: false; code: string; detail: string };

/** The artifact, durably downloaded and verified. `path` is below the state folder. */
export interface Payload extends Installed {
  path: string;
  name: string;
}

/**
 * Puts releases into places and switches between them. Two places: the current one is never written to. Every verb may be
 * repeated after a crash and then ends as if it had run once.
 */
export interface Installer {
  /** What runs now; judged by the pointer on disk, never by memory. */
  current(): Promise<Installed>;
  /** What the other place holds, if it is whole. */
  previous(): Promise<Installed | null>;
  /** Writes the other place. `progress` counts 0 to 100. */
  install(payload: Payload, progress: (percent: number) => void): Promise<InstallOutcome>;
  /** Points to the other place; takes effect with the next start. On trial until `confirm`. */
  activate(): Promise<void>;
  /** The current place stays. */
  confirm(): Promise<void>;
  /** Points back to the place before. */
  revert(): Promise<void>;
  /** Why a supervisor ended the last trial by itself, or null. */
  endedTrial(): Promise<string | null>;
  /** What the release itself says about its health. */
  check(): Promise<{ healthy: boolean; detail: string | null }>;
}
