import { done, type Result, refused } from '../result.js';
import { findDocumentFault } from './check-document.js';
import { diffTwin } from './diff-twin.js';
import { mergeDocument, type TwinDocument } from './merge-twin.js';

export interface TwinSide {
  readonly document: TwinDocument;
  readonly version: number;
}

/** One accepted step. `patch` holds only what changed, `undo` leads back; `changed` false leaves the version alone. */
export interface TwinRevision extends TwinSide {
  readonly changed: boolean;
  readonly patch: TwinDocument;
  readonly undo: TwinDocument;
}

export type TwinRefusal = 'precondition_failed' | 'validation_failed';

/** The step from one side of a twin to a whole new document. */
export function reviseTwin(current: TwinSide, document: TwinDocument): TwinRevision {
  const patch = diffTwin(current.document, document);
  const changed = Object.keys(patch).length > 0;
  return {
    document: changed ? document : current.document,
    version: current.version + (changed ? 1 : 0),
    changed,
    patch,
    undo: diffTwin(document, current.document),
  };
}

/**
 * Applies a merge patch. `expectedVersion` null skips the check; a stale one is refused with the current version and
 * document, so the caller can rebase at once. Keys that name language machinery and documents over the limits are refused.
 */
export function patchTwin(
  current: TwinSide,
  patch: unknown,
  expectedVersion: number | null,
): Result<TwinRevision, TwinRefusal> {
  if (expectedVersion !== null && expectedVersion !== current.version)
    return refused('precondition_failed', `the twin is at version ${current.version}, not ${expectedVersion}`, {
      version: current.version,
      document: current.document,
    });
  const fault = findDocumentFault(patch);
  if (fault !== null)
    return refused('validation_failed', `${fault.pointer || 'the patch'} ${fault.message}`, { ...fault });
  const document = mergeDocument(current.document, patch as TwinDocument);
  const tooBig = findDocumentFault(document);
  if (tooBig !== null)
    return refused('validation_failed', `the document after this patch ${tooBig.message}`, { ...tooBig });
  return done(reviseTwin(current, document));
}

/** The document as it was, from the newest revision back: `undos` newest first. */
export const rewindTwin = (document: TwinDocument, undos: readonly TwinDocument[]): TwinDocument =>
  undos.reduce<TwinDocument>(mergeDocument, document);
