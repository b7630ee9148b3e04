import { pollAfter } from '@muster/domain/enrollment/poll-after';
import { audit } from '@muster/persistence/audit/audit.store';
import type { Tx } from '@muster/persistence/database';
import {
  type ApprovalKind,
  type ApprovalRow,
  approvalStore,
  type NewApprovalRow,
} from '@muster/persistence/enrollment/approval.store';
import { enrollmentSettingsStore } from '@muster/persistence/enrollment/enrollment-settings.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { fingerprintWords } from '@muster/pki/client/fingerprint-words';
import type { AcceptedRequest } from '@muster/pki/csr/accept-request';
import { Refusal } from '../http/refusal.js';
import type { Pending } from './credential.js';

/** How long a question waits for an answer, and an answer for the device. */
export const APPROVAL_LIFE_MS = 7 * 86_400_000;

export interface Question {
  readonly kind: ApprovalKind;
  readonly sourceId: string | null;
  /** Null for a device that is not registered yet. */
  readonly deviceId: string | null;
  readonly claim: {
    readonly model: string;
    readonly serial: string;
    readonly name?: string | undefined;
    readonly hardwareRevision?: string | undefined;
  };
  readonly request: AcceptedRequest;
  readonly address: string | null;
}

export type Ruling = { readonly kind: 'approved'; readonly approval: ApprovalRow } | Pending;

/**
 * Puts a device before a person, in the caller's transaction. The same request asked again finds the same question; a
 * changed one is a new question. `approved` repeats until it expires: what was issued by it already is the caller's to
 * find by its key.
 */
export const ApprovalDesk = {
  /** @throws Refusal enrollment_rejected, queue_full */
  async ask(tx: Tx, question: Question, now: Date): Promise<Ruling> {
    const known = await findRuling(tx, question, now);
    if (known) return known;
    await approvalStore.lockQueue(tx);
    await approvalStore.expire(tx, now);
    // The same request may have been filed while this one waited for the queue.
    const meanwhile = await findRuling(tx, question, now);
    if (meanwhile) return meanwhile;
    const { maxPending } = await enrollmentSettingsStore.get(tx);
    if ((await approvalStore.countPending(tx)) >= maxPending) throw queueFull();
    return pendingOf(await file(tx, question, now), true, now);
  },
};

/** What stands of this request already; null when the question is new. */
const findRuling = async (tx: Tx, question: Question, now: Date): Promise<Ruling | null> => {
  const known = await approvalStore.findByRequest(tx, question.request.requestHash);
  if (known?.state === 'rejected') throw new Refusal('enrollment_rejected');
  if (!known || known.state === 'expired' || known.expiresAt <= now) return null;
  // A person who decided about one device did not decide about another that sends the same request.
  if (!isSame(known, question)) throw new Refusal('conflict', 'This request waits for another device.');
  if (known.state === 'approved') {
    // Whoever agreed to a new device did not agree that it takes the place of one that enrolled meanwhile.
    if (known.deviceId !== question.deviceId) throw new Refusal('conflict', 'Another device was approved. Ask anew.');
    return { kind: 'approved', approval: known };
  }
  await approvalStore.touch(tx, known.id, question, now);
  return pendingOf(known, false, now);
};

const isSame = (known: ApprovalRow, { kind, sourceId, claim }: Question): boolean =>
  known.kind === kind && known.sourceId === sourceId && known.model === claim.model && known.serial === claim.serial;

const file = async (tx: Tx, question: Question, now: Date): Promise<ApprovalRow> => {
  const { kind, sourceId, deviceId, claim, request, address } = question;
  const row: NewApprovalRow = {
    kind,
    sourceId,
    deviceId,
    address,
    model: claim.model,
    serial: claim.serial,
    name: claim.name ?? null,
    keyHash: request.keyHash,
    keyAlgorithm: request.keyAlgorithm,
    requestHash: request.requestHash,
    // Its request is bound by the hash; whatever else it sent has no bound.
    claim: { hardwareRevision: claim.hardwareRevision ?? null },
    expiresAt: new Date(now.getTime() + APPROVAL_LIFE_MS),
  };
  const filed = await approvalStore.insert(tx, row, now);
  await audit.append(tx, {
    actor: { type: 'device', id: deviceId ?? 'unenrolled' },
    action: 'enrollment.approval_requested',
    resource: `approval:${filed.id}`,
    after: { kind, model: row.model, serial: row.serial, keySha256: row.keyHash },
  });
  const payload = { approvalId: filed.id };
  await outbox.drop(tx, { tenantId: tx.tenantId!, type: 'enrollment.approval_requested', key: filed.id, payload });
  return filed;
};

const pendingOf = ({ id, keyHash, createdAt }: ApprovalRow, isNew: boolean, now: Date): Pending => ({
  kind: 'pending',
  approvalId: id,
  isNew,
  words: fingerprintWords(keyHash),
  retryAfterS: pollAfter(createdAt, now),
});

const queueFull = (): Refusal => {
  const retryAfterS = 900;
  const headers = { 'retry-after': String(retryAfterS) };
  return new Refusal('queue_full', undefined, { retryAfterS }, undefined, headers);
};
