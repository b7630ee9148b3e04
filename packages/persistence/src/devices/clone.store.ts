import { outbox } from '../outbox/outbox.store.js';
import type { Tx } from '../transaction.js';
import { deviceEventStore } from './device-event.store.js';

/** Two that use one identity, and what tells so. */
export interface CloneEvidence {
  readonly sign: 'addresses' | 'runs';
  /** What tells the two apart: addresses, or runs of the software. */
  readonly between: readonly [string, string];
  /** Where each of them was seen last, as far as a door tells. */
  readonly addresses: readonly [string | null, string | null];
  /** Says it in one sentence, without the device's name. */
  readonly sentence: string;
}

const keyOf = ({ between }: CloneEvidence): string => between.toSorted().join(' | ');
/** Pairs a person has said to be no clone; the oldest is forgotten first. */
const KEPT = 50;

/** Identities that seem to be in use twice. */
export const cloneStore = {
  /**
   * Marks the device, tells its timeline and everybody, once: false when it is marked already, or is out of service, or a
   * person has said of these two that they are none. Needs a system transaction.
   */
  async suspect(tx: Tx, deviceId: string, evidence: CloneEvidence, now: Date): Promise<boolean> {
    const [marked] = await tx.query<{ tenantId: string; name: string }>(
      `update devices set clone_suspected_at = $2, clone_evidence = $3, version = version + 1, updated_at = $2
       where id = $1 and clone_suspected_at is null and not ($4 = any(clone_dismissed))
         and state not in ('decommissioning', 'decommissioned')
       returning tenant_id as "tenantId", name`,
      [deviceId, now, JSON.stringify(evidence), keyOf(evidence)],
    );
    if (marked === undefined) return false;
    const { tenantId, name } = marked;
    const event = { deviceId, kind: 'certificate', summary: evidence.sentence, facts: { ...evidence } } as const;
    await deviceEventStore.append(tx, [event], now, tenantId);
    const payload = { deviceId, sentence: `${name}: ${evidence.sentence}` };
    await outbox.dropAll(tx, [
      { tenantId, type: 'device.clone_suspected', key: deviceId, payload },
      { tenantId, type: 'device.changed', key: deviceId, payload: { deviceId } },
    ]);
    return true;
  },

  /** Takes the mark back, and remembers the two it was about; null when there is none. The caller holds the device's lock. */
  async dismiss(tx: Tx, deviceId: string, now: Date): Promise<CloneEvidence | null> {
    const [row] = await tx.query<{ evidence: CloneEvidence }>(
      'select clone_evidence as evidence from devices where id = $1 and clone_suspected_at is not null',
      [deviceId],
    );
    if (row === undefined) return null;
    await tx.execute(
      `update devices set clone_suspected_at = null, clone_evidence = null, version = version + 1, updated_at = $2,
         clone_dismissed = (array_append(array_remove(clone_dismissed, $3), $3))[greatest(1, cardinality(clone_dismissed) - ${KEPT - 2}):]
       where id = $1`,
      [deviceId, now, keyOf(row.evidence)],
    );
    return row.evidence;
  },
};
