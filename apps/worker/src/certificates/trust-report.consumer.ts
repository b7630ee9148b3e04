import { type Accepted, Intake, type UplinkRefusal } from '@muster/ingest/intake';
import type { UplinkMessage } from '@muster/ingest/uplink';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { acknowledgementStore } from '@muster/persistence/trust/acknowledgement.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { Downlink } from '../gateway/downlink.publisher.js';
import { RegisteredCertificates } from './registered-certificates.js';

/**
 * A device confirms what it was told to trust, and names the certificate it connected with. Behind an external broker that
 * is how we learn which one is in use; the broker has already proven that it is one of this device.
 */
@Controller()
export class TrustReportConsumer {
  readonly #certificates: RegisteredCertificates;

  constructor(
    private readonly intake: Intake,
    private readonly database: Database,
    private readonly downlink: Downlink,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#certificates = new RegisteredCertificates(database, clock);
  }

  @EventPattern<string>('uplink.trust')
  take(@Payload() message: UplinkMessage): Promise<unknown> {
    return this.intake.take('trust', message, (accepted) => this.#judge(accepted));
  }

  /** The embedded broker has judged the session when it was opened. */
  async #judge({ message, uplink, device }: Accepted<'trust'>): Promise<UplinkRefusal | void> {
    const { fingerprint, bundle, signed = false } = uplink;
    const { tenant } = message;
    const { deviceId } = device;
    const now = this.clock.now();
    if (signed)
      await this.database.tenant(tenant, (tx) => acknowledgementStore.record(tx, tenant, deviceId, bundle, now));
    if (message.fingerprint !== null || fingerprint === undefined) return;
    const named = await this.database.system((tx) => certificateStore.findByFingerprint(tx, fingerprint));
    if (named?.deviceId !== device.deviceId)
      return { code: 'identity_mismatch', detail: 'the certificate named is not one of this device' };
    const verdict = await this.#certificates.authorise(fingerprint);
    if ('refused' in verdict) await this.downlink.kick(device.deviceId);
  }
}
