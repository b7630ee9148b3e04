import type { ReleaseState } from '@muster/contracts/releases/releases.schema';

export type ReturnBlock =
  | 'no_previous_release'
  | 'previous_release_revoked'
  | 'previous_artifact_missing'
  | 'rollback_index_too_low';

export interface PreviousRelease {
  readonly releaseId: string;
  readonly state: ReleaseState;
  readonly artifactComplete: boolean;
  readonly rollbackIndex: number;
}

/** Why a device cannot go back to its own last known good release, or null when it can. */
export function returnBlock(previous: PreviousRelease | null, floor: number): ReturnBlock | null {
  if (previous === null) return 'no_previous_release';
  if (previous.state === 'revoked') return 'previous_release_revoked';
  if (!previous.artifactComplete) return 'previous_artifact_missing';
  // A device that booted the new release has raised its floor to that release's index.
  if (previous.rollbackIndex < floor) return 'rollback_index_too_low';
  return null;
}
