import type { EnrollAnswer } from '@muster/contracts/enrollment/enrollment.schema';
import { judgeRenewal } from '@muster/domain/certificates/judge-renewal';
import { audit } from '@muster/persistence/audit/audit.store';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { deviceUri } from '@muster/pki/authority/names';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { acceptCsr } from './accept-csr.js';
import { EnrollAnswers } from './enroll-answer.js';
import { issueCertificate } from './issue-certificate.js';
import { revokeOne } from './revoke-certificates.js';

/** Renewal over mutual TLS: a known device brings a new key. Its old certificate works until the new one was used. */
@Injectable()
export class RenewService {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    private readonly answers: EnrollAnswers,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async renew(
    caller: { tenantId: string; deviceId: string; certificateId: string },
    csr: string,
  ): Promise<EnrollAnswer> {
    const { tenantId, deviceId, certificateId } = caller;
    const { domain } = this.door.hierarchy.options;
    const request = await acceptCsr(csr, { deviceId, uri: deviceUri(domain, tenantId, deviceId) });
    const authority = await this.door.hierarchy.issuing('device', tenantId);
    const now = this.clock.now();
    const renewed = await this.database.tenant(tenantId, async (tx) => {
      const device = await deviceStore.lock(tx, deviceId);
      const presented = await certificateStore.lock(tx, certificateId);
      if (!device || !presented) throw new Refusal('certificate_unknown');
      await refuseKeyOfOthers(tx, request.keyHash, deviceId);
      const successor = await unusedSuccessor(tx, presented);
      const facts = { ...presented, requestedAt: presented.renewRequestedAt };
      const renewal = { deviceState: device.state, presented: facts, successor, keyHash: request.keyHash };
      const verdict = judgeRenewal(renewal, now);
      if (!verdict.ok) throw new Refusal(verdict.code, verdict.detail, verdict.facts);
      if (verdict.value.kind === 'repeat') return successor!;
      if (successor) await replaceUnused(tx, successor, now);
      const { late } = verdict.value;
      const order = { tenantId, deviceId, request, source: 'renewal', sourceId: presented.id, late } as const;
      const issued = await issueCertificate(tx, this.door, authority, order, now);
      await record(tx, presented, issued, verdict.value.late, now);
      return issued;
    });
    return this.answers.of(renewed);
  }
}

const refuseKeyOfOthers = async (tx: Tx, keyHash: string, deviceId: string): Promise<void> => {
  const used = await certificateStore.findByKey(tx, keyHash);
  if (!used) return;
  if (used.deviceId !== deviceId) throw new Refusal('key_in_use');
  // Only the key of a successor that was issued and never used may come again: judgeRenewal tells the two apart.
  if (used.state !== 'issued' && used.state !== 'active') throw new Refusal('key_reused');
};

/** The certificate issued after the presented one that never opened a session. */
const unusedSuccessor = async (tx: Tx, presented: CertificateRow): Promise<CertificateRow | null> => {
  const live = await certificateStore.listLive(tx, presented.deviceId);
  return live.find((row) => row.state === 'issued' && row.id > presented.id) ?? null;
};

const replaceUnused = async (tx: Tx, unused: CertificateRow, now: Date): Promise<void> => {
  const actor = { type: 'device', id: unused.deviceId } as const;
  await revokeOne(tx, unused, { actor, reason: 'superseded', comment: 'Never used; the device asked again.' }, now);
};

const record = async (tx: Tx, old: CertificateRow, issued: CertificateRow, late: boolean, now: Date): Promise<void> => {
  const { deviceId } = issued;
  await audit.append(tx, {
    actor: { type: 'device', id: deviceId },
    action: 'certificate.renewed',
    resource: `device:${deviceId}`,
    before: { certificateId: old.id, serial: old.serial },
    after: { certificateId: issued.id, serial: issued.serial, late },
  });
  const summary = late ? 'Certificate renewed after its end.' : 'Certificate renewed.';
  const facts = { serial: issued.serial, notAfter: issued.notAfter.toISOString() };
  await deviceEventStore.append(tx, [{ deviceId, kind: 'certificate', summary, facts }], now);
};
