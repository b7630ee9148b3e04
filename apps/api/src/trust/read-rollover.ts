import { X509Certificate } from 'node:crypto';
import type { Rollover } from '@muster/contracts/trust/trust.schema';
import { nextRolloverSteps, type RolloverFacts, rolloverWaitsFor } from '@muster/domain/trust/decide-rollover-step';
import { judgeGate, type TrustGate } from '@muster/domain/trust/judge-gate';
import type { Tx } from '@muster/persistence/database';
import { acknowledgementStore } from '@muster/persistence/trust/acknowledgement.store';
import { type AuthorityRow, authorityStore } from '@muster/persistence/trust/authority.store';
import { type RolloverRow, rolloverStore } from '@muster/persistence/trust/rollover.store';
import { sha256OfPem } from './trust-view.js';

/** A rollover with everything its next step depends on. */
export interface RolloverReading {
  readonly row: RolloverRow;
  readonly from: AuthorityRow;
  readonly to: AuthorityRow;
  readonly facts: RolloverFacts;
  readonly certificatesOnNew: number;
}

/** Reads what decides about a rollover; in a system transaction, because a root concerns every tenant. */
export const readRollover = async (tx: Tx, row: RolloverRow, now: Date): Promise<RolloverReading> => {
  const from = (await authorityStore.find(tx, row.fromId))!;
  const to = (await authorityStore.find(tx, row.toId))!;
  const counted = row.kind === 'root' ? await countRoot(tx, to, now) : await countDevice(tx, row, now);
  const { gate, onOld, onNew } = counted;
  const oldEnded = new X509Certificate(from.certificatePem).validToDate < now;
  const { kind, state, share } = row;
  const facts = { kind, state, from: from.state, to: to.state, share, gate, certificatesOnOld: onOld, oldEnded };
  return { row, from, to, facts, certificatesOnNew: onNew };
};

interface Counted {
  readonly gate: TrustGate;
  readonly onOld: number;
  readonly onNew: number;
}

/** A device that has not acknowledged a bundle with the new root knows the old one alone, whatever its certificate says. */
const countRoot = async (tx: Tx, to: AuthorityRow, now: Date): Promise<Counted> => {
  const root = sha256OfPem(to.certificatePem);
  const { knowing, others } = await rolloverStore.countByRoot(tx, root, now);
  return { gate: judgeGate(await acknowledgementStore.receptionOfRoot(tx, root, now)), onOld: others, onNew: knowing };
};

/**
 * Devices trust roots, so nothing on a device must change before a new device authority issues. Its gate asks those devices
 * that take bundles at all: that they answer shows that what was distributed arrives.
 */
const countDevice = async (tx: Tx, row: RolloverRow, now: Date): Promise<Counted> => ({
  gate: judgeGate(
    row.bundle === 0
      ? { seen: 0, acknowledged: 0 }
      : await acknowledgementStore.receptionOfTakers(tx, row.tenantId!, row.bundle, now),
  ),
  onOld: await rolloverStore.countLive(tx, row.fromId, now),
  onNew: await rolloverStore.countLive(tx, row.toId, now),
});

/** `named` is false for who shares the installation only: people of another tenant are not named to them. */
export const toRollover = ({ row, from, to, facts, certificatesOnNew }: RolloverReading, named: boolean): Rollover => ({
  id: row.id,
  kind: row.kind,
  from: { authorityId: from.id, generation: from.generation, state: from.state },
  to: { authorityId: to.id, generation: to.generation, state: to.state },
  state: row.state,
  reasonCode: row.reasonCode,
  reasonDetail: named ? row.reasonDetail : null,
  since: row.since.toISOString(),
  share: row.share,
  bundle: row.bundle,
  gate: facts.gate,
  certificatesOnOld: facts.certificatesOnOld,
  certificatesOnNew,
  nextSteps: nextRolloverSteps(facts),
  waitsFor: rolloverWaitsFor(facts),
  createdAt: row.createdAt.toISOString(),
  createdBy: named ? row.createdBy : 'the installation',
  version: row.version,
});
