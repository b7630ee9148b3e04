import type { ReleaseState } from '@muster/contracts/releases/releases.schema';
import type { Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { type ReleaseRow, releaseStore } from '@muster/persistence/releases/release.store';
import { withEtag } from '../http/endpoint.js';
import { Refusal } from '../http/refusal.js';
import { toRelease } from './release.resource.js';

/** @throws Refusal not_found */
export async function findRelease(tx: Tx, id: string): Promise<ReleaseRow> {
  const row = await releaseStore.find(tx, id);
  if (row === null) throw Refusal.notFound('release', id);
  return row;
}

/** Holds the release until the transaction ends. @throws Refusal not_found */
export async function lockRelease(tx: Tx, id: string): Promise<ReleaseRow> {
  const row = await releaseStore.lock(tx, id);
  if (row === null) throw Refusal.notFound('release', id);
  return row;
}

export async function answer(tx: Tx, id: string) {
  const row = await findRelease(tx, id);
  return withEtag(toRelease(row), row.etag);
}

export async function dropChanged(tx: Tx, releaseId: string, state: ReleaseState): Promise<void> {
  await outbox.drop(tx, {
    tenantId: tx.tenantId!,
    key: releaseId,
    type: 'release.changed',
    payload: { releaseId, state },
  });
}
