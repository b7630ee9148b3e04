import { deviceReleaseStore } from '../releases/device-release.store.js';
import type { Tx } from '../transaction.js';
import { campaignStore } from './campaign.store.js';
import { executionStore, type ReportedRow } from './execution.store.js';

/**
 * A confirmed update was lost: the locked execution is regressed, the device's history says what it runs again, and its
 * campaign is looked at once more, even one that had completed.
 */
export async function noteRegression(
  tx: Tx,
  row: ReportedRow,
  reason: { readonly code: string; readonly detail: string | null },
  now: Date,
): Promise<void> {
  await executionStore.move(
    tx,
    row,
    { state: 'regressed', reasonCode: reason.code, reasonDetail: reason.detail, phase: 'after_success' },
    now,
  );
  await deviceReleaseStore.fallBack(tx, row.deviceId, row.releaseId, now);
  await campaignStore.callAttention(tx, row.campaignId, now);
}
