import { judgeRenewal, type RenewalDecision, type RenewalRequest } from '@muster/domain/certificates/judge-renewal';
import { activateCertificate } from '@muster/persistence/certificates/activate-certificate';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import { renewalStore } from '@muster/persistence/certificates/renewal.store';
import { revokeOne } from '@muster/persistence/certificates/revoke-certificates';
import { Database, type Tx } from '@muster/persistence/database';
import { type DeviceRow, deviceStore } from '@muster/persistence/devices/device.store';
import { approvalStore } from '@muster/persistence/enrollment/approval.store';
import { enrollmentSettingsStore } from '@muster/persistence/enrollment/enrollment-settings.store';
import { deviceUri } from '@muster/pki/authority/names';
import type { AcceptedRequest } from '@muster/pki/csr/accept-request';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { acceptCsr } from '../certificates/accept-csr.js';
import { issueCertificate } from '../certificates/issue-certificate.js';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { ApprovalDesk } from './approval-desk.js';
import type { Enrolled, Origin } from './credential.js';
import { IssuingLanes } from './issuing-lanes.js';
import { recordRenewal } from './record-renewal.js';
import { TrustedIssuers } from './trusted-issuers.js';
import { Turnstile } from './turnstile.js';

export interface RenewingDevice {
  readonly tenantId: string;
  readonly deviceId: string;
  /** The certificate it presented; its path was validated, its state was not. */
  readonly certificateId: string;
}

type Permission = Exclude<RenewalDecision, { kind: 'repeat' }>;

/** Renewal over mutual TLS: a known device brings a new key. Its old certificate works until the new one was used. */
@Injectable()
export class RenewService {
  readonly #turnstile = new Turnstile('renewals');

  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    private readonly issuers: TrustedIssuers,
    private readonly lanes: IssuingLanes,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The same request again gets the same certificate, or the same question while a person has not decided.
   * @throws Refusal csr_*, identity_mismatch, key_in_use, key_reused, device_tombstoned, certificate_revoked,
   * certificate_unknown, renewal_too_early, conflict, enrollment_rejected, queue_full, unavailable
   */
  renew(caller: RenewingDevice, csr: string, from: Origin): Promise<Enrolled> {
    return this.#turnstile.pass(async () => {
      const request = await this.#accept(caller, csr);
      const decide = (tx: Tx) => this.#decide(tx, caller, request, from);
      return this.lanes.run(() => this.database.tenant(caller.tenantId, decide));
    });
  }

  async #accept({ tenantId, deviceId }: RenewingDevice, csr: string): Promise<AcceptedRequest> {
    const { hierarchy } = this.door;
    const expected = { deviceId, uri: deviceUri(hierarchy.options.domain, tenantId, deviceId) };
    const request = await acceptCsr(csr, expected, await this.issuers.keys());
    const used = await this.database.system((tx) => certificateStore.findByKey(tx, request.keyHash));
    if (used && used.tenantId !== tenantId) throw new Refusal('key_in_use');
    return request;
  }

  async #decide(tx: Tx, caller: RenewingDevice, request: AcceptedRequest, from: Origin): Promise<Enrolled> {
    const now = this.clock.now();
    const device = await deviceStore.lock(tx, caller.deviceId);
    const presented = await certificateStore.lock(tx, caller.certificateId);
    if (!device || presented?.deviceId !== device.id) throw new Refusal('certificate_unknown');
    const { graceS, leafLifeS, rsaKeys } = await enrollmentSettingsStore.get(tx);
    const { successor, replacedBy } = await laterThan(tx, presented);
    await refuseUsedKey(tx, request.keyHash, presented, successor?.id);
    if (!rsaKeys && request.keyAlgorithm.startsWith('RSA'))
      throw new Refusal('csr_key_not_allowed', 'RSA is not let in.');
    const facts: RenewalRequest = {
      deviceState: device.state,
      presented: { ...presented, requestedAt: presented.renewRequestedAt },
      successor,
      replacedBy,
      keyHash: request.keyHash,
      graceMs: graceS * 1000,
    };
    const verdict = judgeRenewal(facts, now);
    if (!verdict.ok) throw new Refusal(verdict.code, verdict.detail, verdict.facts);
    if (verdict.value.kind === 'repeat')
      return { kind: 'issued', row: (await certificateStore.lock(tx, successor!.id))! };
    // Who renews with it has used it, wherever else it was used: a broker of others does not say.
    if (presented.state === 'issued' && verdict.value.kind === 'issue')
      await activateCertificate(tx, presented.fingerprint, now);
    const life = this.door.leafLife ?? leafLifeS * 1000;
    return this.#issue(tx, { device, presented, request, from, life, replaces: successor?.id }, verdict.value, now);
  }

  async #issue(tx: Tx, renewal: Renewal, permission: Permission, now: Date): Promise<Enrolled> {
    const { device, presented, request, from, life, replaces } = renewal;
    // A key that a person turned away stays out on this way too.
    if (await approvalStore.isRejected(tx, request.keyHash)) throw new Refusal('enrollment_rejected');
    let approvalId: string | null = null;
    if (permission.kind === 'ask') {
      const { model, serial, name } = device;
      const question = { kind: 'late_renewal', sourceId: presented.id, deviceId: device.id, request } as const;
      const asked = { ...question, claim: { model, serial, name }, address: from.address };
      const ruling = await ApprovalDesk.ask(tx, asked, now);
      if (ruling.kind === 'pending') return ruling;
      approvalId = ruling.approval.id;
    }
    const { tenantId } = presented;
    const late = permission.kind === 'ask' || permission.late;
    const order = { tenantId, deviceId: device.id, request, source: 'renewal', sourceId: presented.id, late } as const;
    const authority = await this.door.hierarchy.issuing('device', tenantId);
    const row = await issueCertificate(tx, this.door, authority, { ...order, life }, now);
    // After the signature, which may take its time: whoever writes the audit holds up everybody else of the tenant.
    if (replaces !== undefined) await replaceUnused(tx, replaces, now);
    await recordRenewal(tx, { old: presented, issued: row, approvalId }, now);
    return { kind: 'issued', row };
  }
}

interface Renewal {
  readonly device: DeviceRow;
  readonly presented: CertificateRow;
  readonly request: AcceptedRequest;
  readonly from: Origin;
  /** Milliseconds. */
  readonly life: number;
  /** A successor that was issued and never used. */
  readonly replaces: string | undefined;
}

/** What was issued after the presented certificate: one that waits for its first use, and one that had it. */
const laterThan = async (tx: Tx, presented: CertificateRow) => {
  const later = await renewalStore.listLater(tx, presented.deviceId, presented.id);
  return {
    successor: later.find(({ state }) => state === 'issued') ?? null,
    replacedBy: later.find(({ activatedAt }) => activatedAt !== null) ?? null,
  };
};

/** Only two keys pass here, for judgeRenewal to tell apart: the presented one, and that of a successor never used. */
const refuseUsedKey = async (tx: Tx, keyHash: string, presented: CertificateRow, successorId?: string) => {
  const used = await certificateStore.findByKey(tx, keyHash);
  if (!used || used.id === presented.id || used.id === successorId) return;
  throw used.deviceId === presented.deviceId
    ? new Refusal('key_reused', 'A renewal brings a new key.')
    : new Refusal('key_in_use');
};

const replaceUnused = async (tx: Tx, id: string, now: Date): Promise<void> => {
  const unused = (await certificateStore.lock(tx, id))!;
  const actor = { type: 'device', id: unused.deviceId } as const;
  await revokeOne(tx, unused, { actor, reason: 'superseded', comment: 'Never used; the device asked again.' }, now);
};
