import { decideRolloverStep } from '@muster/domain/trust/decide-rollover-step';
import type { RolloverStep } from '@muster/domain/trust/rollover.machine';
import type { Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { rolloverStore } from '@muster/persistence/trust/rollover.store';
import { Refusal } from '../http/refusal.js';
import type { ChangeCall, ChangeStep, InputOf } from './change-step.js';
import type { IdentityDoor } from './identity-door.js';
import { type RolloverReading, readRollover } from './read-rollover.js';

type Taken = InputOf<'distribute' | 'switch_issuing' | 'retire' | 'roll_back'>;

/** Only people of the tenant that runs the installation change what every tenant trusts. @throws Refusal forbidden */
const refuseForeign = async (tx: Tx, kind: 'root' | 'device', { principal }: ChangeCall): Promise<void> => {
  if (kind === 'root' && (await authorityStore.runningTenant(tx)) !== principal.tenantId)
    throw new Refusal('forbidden', 'The root belongs to the installation; people of its first tenant change it.');
};

/** Devices read a chain of eight certificates and no more: leaf, server authority, three roots and what joins them. */
const MOST_RETIRING_ROOTS = 1;

/** The first step: the next generation with its key and cross certificates, trusted by nobody yet. */
export const startRollover = (door: IdentityDoor): ChangeStep<'start_rollover'> => {
  const ownerOf = (kind: 'root' | 'device', { principal }: ChangeCall) => (kind === 'root' ? null : principal.tenantId);
  const refuseSecond = async (tx: Tx, kind: 'root' | 'device', call: ChangeCall) => {
    await refuseForeign(tx, kind, call);
    const open = await rolloverStore.open(tx, kind, ownerOf(kind, call));
    if (open)
      throw new Refusal('already_exists', `A rollover of the ${kind} authority is open.`, { rolloverId: open.id });
    const trusted = await authorityStore.listTrusted(tx);
    const retiring = trusted.filter((row) => row.kind === 'root' && row.state === 'retiring').length;
    if (kind === 'root' && retiring > MOST_RETIRING_ROOTS)
      throw new Refusal('transition_refused', `${retiring} roots are still retiring.`, { retiring });
  };
  return {
    reach: 'system',
    async check(tx, { authority }, call) {
      await refuseSecond(tx, authority, call);
      const newest = await authorityStore.newestGeneration(tx, authority, ownerOf(authority, call));
      return `Makes generation ${newest + 1} of the ${authority} authority, which nobody trusts yet.`;
    },
    prepare: ({ authority }, call) => door.hierarchy.prepareNext(authority, ownerOf(authority, call)),
    async apply(tx, { authority }, call) {
      const { principal, now } = call;
      await authorityStore.lockCreation(tx);
      await refuseSecond(tx, authority, call);
      const tenantId = ownerOf(authority, call);
      const from = await authorityStore.issuing(tx, authority, tenantId);
      if (!from) throw new Refusal('transition_refused', `No ${authority} authority issues yet.`);
      const to = await door.hierarchy.addNext(tx, authority, tenantId);
      const wanted = { tenantId, kind: authority, fromId: from.id, toId: to.id, createdBy: principal.name };
      const { id } = await rolloverStore.insert(tx, wanted, now);
      await tell(tx, tenantId, id);
      return `Generation ${to.generation} of the ${authority} authority is created.`;
    },
  };
};

/** A later step: both generations move as the table says, and who relies on them is told with the commit. */
export const rolloverStep = <K extends Taken['kind']>(door: IdentityDoor, kind: K): ChangeStep<K> => {
  const step: RolloverStep = kind;
  const decide = async (tx: Tx, input: Taken, call: ChangeCall) => {
    const row = await rolloverStore.find(tx, call.principal.tenantId, input.rolloverId);
    if (!row) throw Refusal.notFound('rollover', input.rolloverId);
    await refuseForeign(tx, row.kind, call);
    const reading = await readRollover(tx, row, call.now);
    const verdict = decideRolloverStep(reading.facts, step, 'share' in input ? input.share : 0);
    if (!verdict.ok) throw new Refusal(verdict.code, verdict.detail, verdict.facts && { ...verdict.facts });
    return { reading, move: verdict.value };
  };
  return {
    reach: 'system',
    async check(tx, input, call) {
      const { reading } = await decide(tx, input as Taken, call);
      return summaryOf(step, reading, 'share' in input ? (input.share as number) : 0);
    },
    prepare: () => door.bundles.prepare(),
    async apply(tx, input, call) {
      await authorityStore.lockCreation(tx);
      const { reading, move } = await decide(tx, input as Taken, call);
      const { row, from, to } = reading;
      const { now, principal } = call;
      // One generation at a time may issue: the one that stops moves first.
      const moves = [
        { id: from.id, state: move.from },
        { id: to.id, state: move.to },
      ].sort((a, b) => Number(a.state === 'issuing') - Number(b.state === 'issuing'));
      for (const { id, state } of moves) await authorityStore.move(tx, id, state, now);
      const summary = summaryOf(step, reading, move.share);
      const number = await announce(tx, door, reading, principal.tenantId, summary);
      const bundle = step === 'distribute' ? number : row.bundle;
      const reason = step === 'roll_back' ? { reasonCode: 'rolled_back', reasonDetail: `By ${principal.name}.` } : {};
      await rolloverStore.move(tx, row.id, { state: move.state, share: move.share, bundle, ...reason }, now);
      await tell(tx, row.tenantId, row.id);
      return summary;
    },
  };
};

/** Brokers and doors read their trust anew, devices get a bundle where it says something else now. */
const announce = async (
  tx: Tx,
  door: IdentityDoor,
  { row }: RolloverReading,
  tenantId: string,
  reason: string,
): Promise<number> => {
  await authorityStore.announceTrustChange(tx);
  const made = row.kind === 'root' ? await door.bundles.makeAll(tx, reason) : null;
  return (made?.get(tenantId) ?? (await door.bundles.make(tx, tenantId, reason))).number;
};

const tell = async (tx: Tx, tenantId: string | null, rolloverId: string): Promise<void> => {
  const tenants = tenantId === null ? await authorityStore.listTenants(tx) : [tenantId];
  const letter = { type: 'trust.rollover_changed', key: rolloverId, payload: { rolloverId } };
  await outbox.dropAll(
    tx,
    tenants.map((id) => ({ ...letter, tenantId: id })),
  );
};

const summaryOf = (step: RolloverStep, { row, from, to, facts }: RolloverReading, share: number): string => {
  const [old, next] = [`generation ${from.generation}`, `generation ${to.generation}`];
  const what = `of the ${row.kind} authority`;
  switch (step) {
    case 'distribute':
      return `Brokers, doors and devices are told of ${next} ${what}.`;
    case 'switch_issuing':
      return row.kind === 'root'
        ? `Servers present their chain under ${next} ${what}; ${facts.gate.acknowledged} of ${facts.gate.seen} devices know it.`
        : `New certificates come from ${next} ${what}, and ${share} % of devices are asked to renew.`;
    case 'retire':
      return `Nobody trusts ${old} ${what} any more.`;
    case 'roll_back':
      return `Back to ${old} ${what}.`;
  }
};
