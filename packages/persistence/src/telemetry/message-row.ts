/** One stored message as the ingest hands it over: arrays of equal length, all ids resolved. */
export interface MessageRow {
  readonly deviceKey: number;
  readonly tenant: string;
  readonly producedAt: Date;
  readonly seqNo: number;
  /** One of contracts `messageKinds`. */
  readonly kind: number;
  readonly placeId: number | null;
  readonly receivedAt: Date;
  readonly schemaVersion: number;
  readonly correctedAt: Date | null;
  readonly flags: number;
  readonly dtMs: readonly number[];
  readonly metric: readonly number[];
  readonly value: readonly number[];
  /** Contracts `qualityFlags` of each value; null where all are fine. */
  readonly quality: readonly number[] | null;
  readonly extra: Record<string, unknown> | null;
}

export interface MessageKey {
  readonly deviceKey: number;
  readonly producedAt: Date;
  readonly seqNo: number;
  readonly kind: number;
}

/** The order rows are written in everywhere, so that two workers holding the same redelivered rows cannot deadlock. */
export const byKey = (a: MessageKey, b: MessageKey): number =>
  a.deviceKey - b.deviceKey || a.producedAt.getTime() - b.producedAt.getTime() || a.seqNo - b.seqNo || a.kind - b.kind;

/** When a reading counts: the corrected time where the device's own cannot be right. */
export const effectiveTime = (row: MessageRow, dtMs: number): number =>
  (row.correctedAt ?? row.producedAt).getTime() + dtMs;
