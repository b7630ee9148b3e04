import type * as routes from '@muster/contracts/certificates/certificates.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { fleetCertificateStore } from '@muster/persistence/certificates/fleet-certificate.store';
import { revokeOne } from '@muster/persistence/certificates/revoke-certificates';
import { Database } from '@muster/persistence/database';
import { deviceStore } from '@muster/persistence/devices/device.store';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { requireDevice } from '../devices/require-device.js';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toCertificate, toFleetCertificate } from './certificate.resource.js';

/** What people see and do with the certificates of devices. */
@Injectable()
export class CertificatesService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  listOfDevice(call: Call<typeof routes.listDeviceCertificates>) {
    const { principal, params, query } = call;
    const [before = null] = this.paging.after(call) ?? [];
    return this.database.tenant(principal.tenantId, async (tx) => {
      await requireDevice(tx, params.deviceId);
      const rows = await certificateStore.listOfDevice(
        tx,
        params.deviceId,
        before as string | null,
        query.pageSize + 1,
      );
      return this.paging.page(call, rows, (row) => [row.id], toCertificate);
    });
  }

  /** Over the whole fleet, by a page. */
  list(call: Call<typeof routes.listCertificates>) {
    const { principal, query } = call;
    const { state, authorityId, expiresBefore, renewal, sort, pageSize } = query;
    const [end, id] = (this.paging.after(call) ?? []) as string[];
    const after = end === undefined || id === undefined ? null : ([new Date(end), id] as const);
    const before = expiresBefore === undefined ? undefined : new Date(expiresBefore);
    const filter = { state, authorityId, expiresBefore: before, renewal };
    return this.database.tenant(principal.tenantId, async (tx) => {
      const now = this.clock.now();
      const rows = await fleetCertificateStore.list(tx, filter, sort, after, now, pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.notAfter.toISOString(), row.id], toFleetCertificate);
    });
  }

  get({ principal, params }: Call<typeof routes.getCertificate>) {
    return this.database.tenant(principal.tenantId, async (tx) => {
      const row = await certificateStore.find(tx, params.certificateId);
      if (!row) throw Refusal.notFound('certificate', params.certificateId);
      return toCertificate(row);
    });
  }

  revoke(call: Call<typeof routes.revokeCertificate>) {
    const { principal, params, body, requestId } = call;
    return this.database.insist(principal.tenantId, async (tx) => {
      const known = await certificateStore.find(tx, params.certificateId);
      if (!known) throw Refusal.notFound('certificate', params.certificateId);
      // The device first, as everybody does who changes both.
      await deviceStore.lock(tx, known.deviceId);
      const row = (await certificateStore.lock(tx, params.certificateId))!;
      const revocation = { actor: actorOf(principal), reason: body.reason, comment: body.comment ?? null, requestId };
      const revoked = await revokeOne(tx, row, revocation, this.clock.now());
      if (!revoked) throw new Refusal('transition_refused', `The certificate is ${row.state}.`, { state: row.state });
      return toCertificate(revoked);
    });
  }

  /** Opens the device's renewal window now and tells it so; the device brings a new key by itself. */
  requestRenewal(call: Call<typeof routes.requestRenewal>) {
    const { principal, params, requestId } = call;
    return this.database.tenant(principal.tenantId, async (tx) => {
      const device = await deviceStore.lock(tx, params.deviceId);
      if (!device) throw Refusal.notFound('device', params.deviceId);
      const [newest] = await certificateStore.listLive(tx, device.id);
      if (!newest || (newest.state !== 'active' && newest.state !== 'issued')) {
        throw new Refusal('transition_refused', 'The device has no certificate that could be renewed.');
      }
      await certificateStore.requestRenewal(tx, newest.id, this.clock.now());
      const record = { actor: actorOf(principal), action: 'certificate.renewal_requested', requestId };
      await audit.append(tx, { ...record, resource: `certificate:${newest.id}` });
      const payload = { certificateId: newest.id, deviceId: device.id };
      const letter = { tenantId: principal.tenantId, type: 'certificate.renewal_requested', key: device.id, payload };
      await outbox.drop(tx, letter);
      return toCertificate((await certificateStore.lock(tx, newest.id))!);
    });
  }
}
