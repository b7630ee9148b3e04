import type * as routes from '@muster/contracts/enrollment/bulk.routes';
import { judgeReadmission } from '@muster/domain/enrollment/judge-readmission';
import { audit } from '@muster/persistence/audit/audit.store';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { deviceEventStore } from '@muster/persistence/devices/device-event.store';
import { enrollmentSettingsStore } from '@muster/persistence/enrollment/enrollment-settings.store';
import { readmissionStore } from '@muster/persistence/enrollment/readmission.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { type Call, withEtag } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';

/** How a tenant enrols, and permissions for single devices that are out. */
@Injectable()
export class EnrollmentSettingsService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async get({ principal }: Call<typeof routes.getEnrollmentSettings>) {
    const settings = await this.database.tenant(principal.tenantId, (tx) => enrollmentSettingsStore.get(tx));
    return withEtag(settings, settings.version);
  }

  async patch({ principal, body, ifMatch, requestId }: Call<typeof routes.patchEnrollmentSettings>) {
    const settings = await this.database.tenant(principal.tenantId, async (tx) => {
      const { version, ...known } = await enrollmentSettingsStore.lock(tx);
      if (version !== ifMatch) throw Refusal.stale(version);
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      const put = await enrollmentSettingsStore.put(tx, { ...known, ...given });
      await audit.append(tx, {
        actor: actorOf(principal),
        action: 'enrollment_settings.changed',
        resource: `tenant:${principal.tenantId}`,
        before: known,
        after: given,
        requestId,
      });
      return put;
    });
    return withEtag(settings, settings.version);
  }

  readmit({ principal, params, body, requestId }: Call<typeof routes.readmitDevice>): Promise<undefined> {
    const { deviceId } = params;
    const { tenantId } = principal;
    return this.database.tenant(tenantId, async (tx) => {
      const now = this.clock.now();
      const device = await deviceStore.lock(tx, deviceId);
      if (!device) throw Refusal.notFound('device', deviceId);
      const revoked = await certificateStore.isBarred(tx, deviceId);
      const live = (await certificateStore.listLive(tx, deviceId)).length;
      const facts = { state: device.state, live, revoked };
      const verdict = judgeReadmission(facts);
      if (!verdict.ok) throw new Refusal(verdict.code, verdict.detail);
      await readmissionStore.grant(tx, { deviceId, reason: body.reason, grantedBy: principal.name }, now);
      const summary = 'May enrol once more.';
      await deviceEventStore.append(tx, [{ deviceId, kind: 'state', summary, facts: { reason: body.reason } }], now);
      await outbox.drop(tx, { tenantId, type: 'device.changed', key: deviceId, payload: { deviceId } });
      const resource = `device:${deviceId}`;
      const { reason } = body;
      await audit.append(tx, { actor: actorOf(principal), action: 'device.readmitted', resource, reason, requestId });
      return undefined;
    });
  }
}
