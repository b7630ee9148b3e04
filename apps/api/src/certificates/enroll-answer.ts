import type { EnrollAnswer } from '@muster/contracts/enrollment/enrollment.schema';
import { devicePrefix } from '@muster/contracts/mqtt/topics';
import type { CertificateRow } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { IdentityDoor } from '../trust/identity-door.js';
import { renewalOf } from './certificate.resource.js';

/** What a device is told with its certificate. Built after the commit, so nothing is handed out that could roll back. */
@Injectable()
export class EnrollAnswers {
  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async of(row: CertificateRow): Promise<EnrollAnswer> {
    const { tenantId, deviceId } = row;
    const keys = await this.door.signingKeys.trusted(tenantId);
    const bundle = await this.door.bundles.newest(tenantId);
    const chain = await this.door.hierarchy.chainOf(row.authorityId);
    const detail = await this.database.tenant(tenantId, (tx) => deviceStore.detail(tx, deviceId));
    return {
      deviceId,
      tenant: tenantId,
      certificate: row.pem,
      chain,
      mqttUrl: this.door.urls.mqttUrl,
      topicPrefix: devicePrefix(tenantId, deviceId),
      serverTime: this.clock.now().toISOString(),
      heartbeatS: detail?.heartbeatS ?? 60,
      renew: renewalOf(row),
      trust: { keys: keys.map((key) => ({ ...key })) },
      bundle: bundle.jws,
    };
  }
}
