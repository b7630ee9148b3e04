import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { approvalStore } from '@muster/persistence/enrollment/approval.store';
import { enrollmentDefaults, enrollmentSettingsStore } from '@muster/persistence/enrollment/enrollment-settings.store';
import { brokenConstraint } from '@muster/persistence/failures';
import { deviceUri } from '@muster/pki/authority/names';
import type { AcceptedRequest } from '@muster/pki/csr/accept-request';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { acceptCsr } from '../certificates/accept-csr.js';
import { issueCertificate } from '../certificates/issue-certificate.js';
import { Refusal } from '../http/refusal.js';
import type { IssuingAuthority } from '../trust/hierarchy.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { type Admitted, admitDevice, findPlace } from './admit-device.js';
import { ApprovalDesk, type Question } from './approval-desk.js';
import type { Credential, Enrolled, Origin } from './credential.js';
import { EnrollmentGate } from './enrollment-gate.js';
import { recordEnrolment } from './record-enrolment.js';
import { repeatEnrolment } from './repeat-enrolment.js';
import { TrustedIssuers } from './trusted-issuers.js';
import type { Entry, Way } from './ways/way.js';

interface Ready {
  readonly way: Way;
  readonly claim: EnrollRequest;
  readonly request: AcceptedRequest;
  readonly authority: IssuingAuthority;
  readonly from: Origin;
}

/** First enrolment: a credential and a request become a device with a certificate, in one transaction or not at all. */
@Injectable()
export class EnrollService {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    private readonly gate: EnrollmentGate,
    private readonly issuers: TrustedIssuers,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Throws the Refusal the device gets; one whose credential was right is recorded with it, for its owner to see. */
  enroll(credential: Credential, claim: EnrollRequest, from: Origin): Promise<Enrolled> {
    return this.gate.pass(credential, claim, from, async (way) => {
      const ready = { way, claim, from, ...(await this.#prepare(way, claim)) };
      try {
        return await this.gate.issue(() => this.database.tenant(way.tenantId, (tx) => this.#admit(tx, ready)));
      } catch (fault) {
        // The key was used by a device of another tenant, or by another enrolment at the same moment.
        if (brokenConstraint(fault) === 'certificates_key_unique') throw new Refusal('key_in_use');
        throw fault;
      }
    });
  }

  /** Everything that needs no lock: the request is judged against what is known of the device it names. */
  async #prepare({ tenantId }: Way, claim: EnrollRequest) {
    const known = await this.database.tenant(tenantId, async (tx) => ({
      device: await deviceStore.findBySerial(tx, claim.model, claim.serial),
      settings: await enrollmentSettingsStore.get(tx),
    }));
    const { domain } = this.door.hierarchy.options;
    const expected = known.device && { deviceId: known.device.id, uri: deviceUri(domain, tenantId, known.device.id) };
    const request = await acceptCsr(claim.csr, expected, await this.issuers.keys(), claim.serial);
    if (request.keyAlgorithm.startsWith('RSA') && !known.settings.rsaKeys)
      throw new Refusal('csr_key_not_allowed', 'This tenant lets no RSA keys in.');
    return { request, authority: await this.door.hierarchy.issuing('device', tenantId) };
  }

  async #admit(tx: Tx, ready: Ready): Promise<Enrolled> {
    const { way, claim, request, authority } = ready;
    const now = this.clock.now();
    let settings = await enrollmentSettingsStore.find(tx);
    // Counting devices is worth something only while nobody else counts; without a limit nobody waits.
    if (settings?.maxDevices != null) settings = await enrollmentSettingsStore.lock(tx);
    const entry = await way.enter(tx, { claim, request }, now);
    const { verdict, place } = entry;
    // Who comes with something that is over learns nothing of the key it brings.
    if (!entry.alive && !verdict.ok) throw new Refusal(verdict.code, verdict.detail);
    const repeated = await repeatEnrolment(tx, { way, entry }, claim, request.keyHash, now);
    if (repeated) return { kind: 'issued', row: repeated };
    if (await approvalStore.isRejected(tx, request.keyHash)) throw new Refusal('enrollment_rejected');
    if (!verdict.ok) throw new Refusal(verdict.code, verdict.detail);
    const asks = verdict.value === 'ask';
    const applicant = { claim, keyHash: request.keyHash, place, bound: entry.bound || asks };
    const found = await findPlace(tx, applicant);
    const ruling = asks ? await ApprovalDesk.ask(tx, question(entry, found, ready), now) : null;
    if (ruling?.kind === 'pending') {
      // Thrown in its transaction, so that one address cannot fill the queue of a tenant it only knows the name of.
      if (ruling.isNew && entry.kind === 'operator') this.gate.chargeQuestion(ready.from.address);
      return ruling;
    }
    if (found.step === 'return') this.gate.chargeReturn(found.device!.id);
    const { enrollmentsPerMinute, leafLifeS } = settings ?? enrollmentDefaults;
    this.gate.chargeTenant(way.tenantId, enrollmentsPerMinute);
    const device = await admitDevice(tx, found, applicant, settings?.maxDevices ?? null, now);
    const { tenantId, tokenId, source } = way;
    const sourceId = source === 'approval' ? ruling!.approval.id : entry.sourceId;
    const life = settings === null ? {} : { life: leafLifeS * 1000 };
    const order = { tenantId, deviceId: device.id, tokenId, request, source, sourceId, ...life };
    const row = await issueCertificate(tx, this.door, authority, order, now);
    await recordEnrolment(tx, { entry, claim, row }, now);
    return { kind: 'issued', row };
  }
}

const question = (entry: Entry, { device }: Admitted, { claim, request, from }: Ready): Question => ({
  kind: entry.kind!,
  sourceId: entry.kind === 'operator' ? null : entry.sourceId,
  deviceId: device?.id ?? null,
  claim,
  request,
  address: from.address,
});
