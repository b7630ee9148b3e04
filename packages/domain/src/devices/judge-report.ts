import { done, type Result, refused } from '../result.js';
import { findDocumentFault } from './check-document.js';
import { mergeDocument, type TwinDocument } from './merge-twin.js';

export interface KnownReport {
  readonly reported: TwinDocument;
  readonly reportedVersion: number;
  /** The device's history the version counts in; null before the first report. */
  readonly epoch: number | null;
}

export interface ReportFacts {
  readonly version: number;
  readonly epoch: number;
  readonly reported?: unknown;
  readonly patch?: unknown;
  readonly baseVersion?: number | undefined;
}

/** `old`: known or overtaken, nothing to do. `unfounded`: a patch on a document we do not have; the whole one is needed. */
export type ReportVerdict =
  | { readonly kind: 'news'; readonly document: TwinDocument }
  | { readonly kind: 'old' }
  | { readonly kind: 'unfounded' };

/**
 * What a report means for what we know. Versions count within one epoch: a device that lost its history starts a new one,
 * and then any version is news.
 */
export function judgeReport(known: KnownReport, report: ReportFacts): Result<ReportVerdict, 'payload_invalid'> {
  const continues = known.epoch === report.epoch;
  if (continues && report.version <= known.reportedVersion) return done({ kind: 'old' });
  if (report.reported !== undefined) return accept({}, report.reported);
  if (report.patch === undefined) return done({ kind: 'news', document: known.reported });
  if (!continues || report.baseVersion !== known.reportedVersion) return done({ kind: 'unfounded' });
  return accept(known.reported, report.patch);
}

function accept(base: TwinDocument, patch: unknown): Result<ReportVerdict, 'payload_invalid'> {
  const fault = findDocumentFault(patch);
  if (fault !== null) return refused('payload_invalid', `${fault.pointer || 'the document'} ${fault.message}`);
  const document = mergeDocument(base, patch as TwinDocument);
  const tooBig = findDocumentFault(document);
  if (tooBig !== null) return refused('payload_invalid', `the document after this patch ${tooBig.message}`);
  return done({ kind: 'news', document });
}
