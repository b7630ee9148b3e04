import type { EnrollRequest } from '@muster/contracts/enrollment/enrollment.schema';
import { judgeToken } from '@muster/domain/enrollment/judge-token';
import { audit } from '@muster/persistence/audit/audit.store';
import { type CertificateRow, certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database, type Tx } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { enrollmentTokenStore, type TokenRow } from '@muster/persistence/enrollment/enrollment-token.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { deviceUri } from '@muster/pki/authority/names';
import { parseEnrollmentToken } from '@muster/pki/client/enrollment-token';
import type { AcceptedRequest } from '@muster/pki/csr/accept-request';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { acceptCsr } from '../certificates/accept-csr.js';
import { issueCertificate } from '../certificates/issue-certificate.js';
import { Refusal } from '../http/refusal.js';
import { IdentityDoor } from '../trust/identity-door.js';
import { admitDevice } from './admit-device.js';
import type { Credential, Enrolled, Origin } from './credential.js';
import { RefusalLedger } from './refusal-ledger.js';

interface Located {
  readonly tenantId: string;
  readonly id: string;
}

/** First enrolment: a token and a request become a device with a certificate, in one transaction or not at all. */
@Injectable()
export class EnrollService {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    private readonly refusals: RefusalLedger,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Throws the Refusal the device gets; one whose token was right is recorded with the token, for its owner to see. */
  async enroll(credential: Credential, claim: EnrollRequest, _from: Origin): Promise<Enrolled> {
    if (credential.kind === 'certificate') throw new Refusal('certificate_unknown');
    if (credential.kind === 'none')
      throw new Refusal('unauthenticated', 'Send the enrolment token as a bearer credential.');
    const token = await this.#locate(credential.bearer);
    if (credential.tenant != null && credential.tenant !== token.tenantId) throw new Refusal('token_invalid');
    try {
      return { kind: 'issued', row: await this.#admit(token, claim) };
    } catch (fault) {
      if (fault instanceof Refusal) await this.refusals.record(token, claim, fault);
      throw fault;
    }
  }

  async #locate(bearer: string): Promise<Located> {
    const credential = parseEnrollmentToken(bearer);
    const located =
      credential &&
      (await this.database.system((tx) => enrollmentTokenStore.locate(tx, credential.prefix, credential.secret)));
    if (!located) throw new Refusal('token_invalid');
    return located;
  }

  async #admit({ tenantId, id }: Located, claim: EnrollRequest): Promise<CertificateRow> {
    const known = await this.database.tenant(tenantId, (tx) => deviceStore.findBySerial(tx, claim.model, claim.serial));
    const { domain } = this.door.hierarchy.options;
    const expected = known && { deviceId: known.id, uri: deviceUri(domain, tenantId, known.id) };
    const request = await acceptCsr(claim.csr, expected);
    const authority = await this.door.hierarchy.issuing('device', tenantId);
    await this.#refuseForeignKey(tenantId, request);
    const now = this.clock.now();
    return this.database.tenant(tenantId, async (tx) => {
      const token = (await enrollmentTokenStore.lock(tx, id))!;
      const repeated = await this.#repeat(tx, token, claim, request, now);
      if (repeated) return repeated;
      const verdict = judgeToken(token, claim, now);
      if (!verdict.ok) throw new Refusal(verdict.code, verdict.detail);
      const { device } = await admitDevice(tx, token, claim, now);
      await enrollmentTokenStore.spend(tx, token.id);
      const order = {
        tenantId,
        deviceId: device.id,
        tokenId: token.id,
        request,
        source: 'token',
        sourceId: null,
      } as const;
      const issued = await issueCertificate(tx, this.door, authority, order, now);
      await record(tx, token, issued, claim, now);
      return issued;
    });
  }

  /**
   * The answer to a power cut between issued and saved: the same key with the same token gets the same certificate, while
   * the token lives. Any other second use of a key is refused.
   */
  async #repeat(
    tx: Tx,
    token: TokenRow,
    claim: EnrollRequest,
    request: AcceptedRequest,
    now: Date,
  ): Promise<CertificateRow | null> {
    const used = await certificateStore.findByKey(tx, request.keyHash);
    if (!used) return null;
    const device = await deviceStore.find(tx, used.deviceId);
    if (device?.model !== claim.model || device.serial !== claim.serial) throw new Refusal('key_in_use');
    const alive = used.state === 'issued' || used.state === 'active';
    if (used.tokenId === token.id && alive && !token.revokedAt && now < token.expiresAt) return used;
    throw used.state === 'revoked'
      ? new Refusal('device_tombstoned')
      : new Refusal('key_reused', 'Enrol with a new key.');
  }

  /** A key belongs to one device in one tenant; the answer does not say which. */
  async #refuseForeignKey(tenantId: string, request: AcceptedRequest): Promise<void> {
    const used = await this.database.system((tx) => certificateStore.findByKey(tx, request.keyHash));
    if (used && used.tenantId !== tenantId) throw new Refusal('key_in_use');
  }
}

const record = async (tx: Tx, token: TokenRow, issued: CertificateRow, claim: EnrollRequest, now: Date) => {
  const { deviceId } = issued;
  const tenantId = issued.tenantId;
  await audit.append(tx, {
    actor: { type: 'device', id: deviceId, name: claim.name ?? claim.serial },
    action: 'device.enrolled',
    resource: `device:${deviceId}`,
    after: {
      tokenId: token.id,
      model: claim.model,
      serial: claim.serial,
      certificateId: issued.id,
      certificateSerial: issued.serial,
    },
  });
  await outbox.dropAll(tx, [
    { tenantId, type: 'enrollment.token_used', key: token.id, payload: { tokenId: token.id, deviceId } },
    { tenantId, type: 'device.enrolled', key: deviceId, payload: { deviceId } },
  ]);
  const summary = `Enrolled with token ${token.name}.`;
  await deviceEventStore.append(tx, [{ deviceId, kind: 'enrolled', summary, facts: { tokenId: token.id } }], now);
};
