import { createHash } from 'node:crypto';
import type { SigningPurpose } from '@muster/contracts/trust/trust.schema';
import { judgeGate } from '@muster/domain/trust/judge-gate';
import { type SigningKeyEvent, signingKey } from '@muster/domain/trust/signing-key.machine';
import type { Tx } from '@muster/persistence/database';
import { acknowledgementStore } from '@muster/persistence/trust/acknowledgement.store';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { type SigningKeyRow, signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { verifyKeyProof } from '@muster/pki/signing/key-proof';
import { Refusal } from '../http/refusal.js';
import type { ChangeCall, ChangeStep, InputOf } from './change-step.js';
import type { IdentityDoor } from './identity-door.js';

/** A key that devices are told of and that signs nothing yet. */
export const rotateKey = (door: IdentityDoor): ChangeStep<'rotate_key'> => ({
  reach: 'system',
  async check(tx, { purpose }, { principal }) {
    await refuseWaiting(tx, principal.tenantId, purpose);
    return `Announces a new ${purpose} key; it signs nothing before it is made active.`;
  },
  async prepare({ purpose }, { principal }) {
    await door.bundles.newest(principal.tenantId);
    await door.signingKeys.prepareNext(principal.tenantId, purpose);
  },
  async apply(tx, { purpose }, { principal, now }) {
    const { tenantId } = principal;
    await authorityStore.lockCreation(tx);
    await refuseWaiting(tx, tenantId, purpose);
    const generation = (await signingKeyStore.newestGeneration(tx, tenantId, purpose)) + 1;
    const key = await door.signingKeys.make(tenantId, purpose, generation);
    await signingKeyStore.insert(tx, key, now, 'next');
    const { number } = await door.bundles.make(tx, tenantId, `The ${purpose} key ${key.kid} is announced.`);
    return `${key.kid} is announced by bundle ${number}.`;
  },
});

/** A release key whose private half never comes here; the proof shows that whoever asks has it. */
export const registerReleaseKey = (door: IdentityDoor): ChangeStep<'register_release_key'> => {
  const judge = async (tx: Tx, input: InputOf<'register_release_key'>, tenantId: string) => {
    const proven = await verifyKeyProof(input.publicJwk, input.proof);
    if (!proven.ok) throw new Refusal('proof_invalid', `The proof is refused: ${proven.why}.`);
    await refuseWaiting(tx, tenantId, 'release');
    const kid = `${tenantId}-release-${createHash('sha256').update(proven.thumbprint).digest('hex').slice(0, 12)}`;
    if (await signingKeyStore.find(tx, tenantId, kid))
      throw new Refusal('already_exists', 'This key is known already; an old key is not announced again.');
    return { kid, ...proven };
  };
  return {
    reach: 'system',
    async check(tx, input, { principal }) {
      const { kid, algorithm } = await judge(tx, input, principal.tenantId);
      return `Announces the ${algorithm} key ${kid} for releases; its private half stays elsewhere.`;
    },
    prepare: async (_input, { principal }) => void (await door.bundles.newest(principal.tenantId)),
    async apply(tx, input, { principal, now }) {
      const { tenantId } = principal;
      await authorityStore.lockCreation(tx);
      const { kid, algorithm, jwk } = await judge(tx, input, tenantId);
      const generation = (await signingKeyStore.newestGeneration(tx, tenantId, 'release')) + 1;
      const publicJwk = { ...jwk, kid, alg: algorithm, use: 'manifest' };
      const key = { kid, tenantId, purpose: 'release', algorithm, publicJwk, keyRef: null, generation } as const;
      await signingKeyStore.insert(tx, key, now, 'next');
      const { number } = await door.bundles.make(tx, tenantId, `The release key ${kid} is announced.`);
      return `${kid} is announced by bundle ${number}.`;
    },
  };
};

/** From here on this key signs; the one before it is believed and signs nothing. */
export const activateKey = (door: IdentityDoor): ChangeStep<'activate_key'> => {
  const judge = async (tx: Tx, kid: string, { principal, now }: ChangeCall) => {
    const row = await findKey(tx, principal.tenantId, kid);
    stepOf(row, 'activate');
    if (row.sinceBundle === null) throw new Refusal('transition_refused', 'No bundle has announced this key yet.');
    const gate = judgeGate(await acknowledgementStore.reception(tx, row.tenantId, row.sinceBundle, now));
    const { needed, seen, acknowledged } = gate;
    if (!gate.open)
      throw new Refusal(
        'gate_closed',
        `${acknowledged} of ${seen} devices seen in the last 30 days know this key; ${needed * 100} % are needed.`,
        { needed, seen, acknowledged },
      );
    return { row, gate };
  };
  return {
    reach: 'system',
    async check(tx, { kid }, call) {
      const { row, gate } = await judge(tx, kid, call);
      return `${kid} signs as the ${row.purpose} key; ${gate.acknowledged} of ${gate.seen} devices know it.`;
    },
    async apply(tx, { kid }, call) {
      await authorityStore.lockCreation(tx);
      const { row } = await judge(tx, kid, call);
      const { tenantId, purpose } = row;
      const before = await signingKeyStore.signing(tx, tenantId, purpose);
      if (before) await signingKeyStore.move(tx, tenantId, before.kid, stepOf(before, 'retire'), call.now);
      await signingKeyStore.move(tx, tenantId, kid, 'active', call.now);
      await authorityStore.announceTrustChange(tx);
      const { number } = await door.bundles.make(tx, tenantId, `The ${purpose} key ${kid} signs.`);
      return `${kid} signs; bundle ${number} says so.`;
    },
  };
};

/** Nobody believes this key any more. */
export const revokeKey = (door: IdentityDoor): ChangeStep<'revoke_key'> => ({
  reach: 'system',
  async check(tx, { kid }, { principal }) {
    stepOf(await findKey(tx, principal.tenantId, kid), 'revoke');
    return `Devices stop believing ${kid} with the next bundle.`;
  },
  async apply(tx, { kid }, { principal, now }) {
    const { tenantId } = principal;
    await authorityStore.lockCreation(tx);
    await signingKeyStore.move(tx, tenantId, kid, stepOf(await findKey(tx, tenantId, kid), 'revoke'), now);
    await authorityStore.announceTrustChange(tx);
    const { number } = await door.bundles.make(tx, tenantId, `The key ${kid} is revoked.`);
    return `Bundle ${number} names ${kid} no more.`;
  },
});

const findKey = async (tx: Tx, tenantId: string, kid: string): Promise<SigningKeyRow> => {
  const row = await signingKeyStore.find(tx, tenantId, kid);
  if (!row) throw Refusal.notFound('key');
  return row;
};

/** @throws Refusal transition_refused */
const stepOf = (row: SigningKeyRow, event: SigningKeyEvent): SigningKeyRow['state'] => {
  const step = signingKey.next(row.state, event);
  if (step.kind === 'done') return step.state;
  const more = row.state === 'active' && event === 'revoke' ? ' Make another key active first.' : '';
  throw new Refusal('transition_refused', `The key ${row.kid} is ${row.state}.${more}`, { allowed: step.allowed });
};

/** One key of a purpose waits at a time, so that nobody activates another than the one they meant. */
const refuseWaiting = async (tx: Tx, tenantId: string, purpose: SigningPurpose): Promise<void> => {
  const keys = await signingKeyStore.list(tx, tenantId);
  const waiting = keys.find((key) => key.purpose === purpose && key.state === 'next');
  if (waiting) throw new Refusal('already_exists', `${waiting.kid} is announced and waits.`, { kid: waiting.kid });
};
