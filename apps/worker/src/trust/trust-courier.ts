import { renewalWindow } from '@muster/domain/certificates/renewal-window';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { Injectable } from '@nestjs/common';
import { Downlink } from '../gateway/downlink.publisher.js';
import type { LetterJob } from '../outbox/routing.js';

const HOUR_MS = 3_600_000;

/** Tells a device which keys sign for its tenant and when to renew: after it connected and when either changed. */
@Injectable()
export class TrustCourier {
  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
  ) {}

  async deliver({ tenantId, payload }: LetterJob): Promise<void> {
    const { deviceId } = payload as { deviceId: string };
    const order = await this.database.tenant(tenantId, async (tx) => {
      const [newest] = await certificateStore.listLive(tx, deviceId);
      const keys = await signingKeyStore.listTrusted(tx, tenantId);
      if (!newest || keys.length === 0) return null;
      const { start, end } = renewalWindow({ ...newest, requestedAt: newest.renewRequestedAt });
      return {
        schemaVersion: 1 as const,
        // Rises with every key that is added; a device keeps the highest it was told.
        bundle: Math.max(...keys.map(({ createdAt }) => Math.floor(createdAt.getTime() / 1000))),
        keys: keys.map(({ publicJwk }) => publicJwk as { kid: string }),
        renew: {
          start: start.toISOString(),
          end: new Date(Math.min(end.getTime(), start.getTime() + HOUR_MS)).toISOString(),
        },
      };
    });
    if (order) await this.downlink.publish(tenantId, deviceId, 'trust', order);
  }
}
