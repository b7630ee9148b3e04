import type { Tx } from '../transaction.js';
import type { ExecutionRow } from './execution.store.js';
import { waveStore } from './wave.store.js';

/**
 * What a device fetched, in bytes, and what that is less than the artifact: a delta spared it, or content the device had
 * at hand. The caller has locked the execution and adds `bytes` to it.
 */
export async function noteVolume(
  tx: Tx,
  row: Pick<ExecutionRow, 'id' | 'campaignId' | 'wave' | 'releaseId'>,
  bytes: number,
): Promise<void> {
  const [volume] = await tx.query<{ spared: number }>(
    `update executions e set bytes_spared = bytes_spared + v.spared
     from (select greatest(0, a.size - $4) as spared from releases r
       join artifacts a on a.tenant_id = r.tenant_id and a.id = r.artifact_id where r.tenant_id = $1 and r.id = $3) v
     where e.tenant_id = $1 and e.id = $2 returning v.spared`,
    [tx.tenantId, row.id, row.releaseId, bytes],
  );
  await waveStore.addBytes(tx, row.campaignId, row.wave, bytes, volume?.spared ?? 0);
}
