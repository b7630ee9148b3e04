import { renewalWindow } from '@muster/domain/certificates/renewal-window';
import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { bundleStore } from '@muster/persistence/trust/bundle.store';
import { signingKeyStore } from '@muster/persistence/trust/signing-key.store';
import { Injectable } from '@nestjs/common';
import { Downlink } from '../gateway/downlink.publisher.js';
import type { LetterJob } from '../outbox/routing.js';

const HOUR_MS = 3_600_000;

/** Tells a device the trust bundle in force and when to renew: after it connected and when either changed. */
@Injectable()
export class TrustCourier {
  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
  ) {}

  deliver({ tenantId, payload }: LetterJob): Promise<void> {
    return this.tell(tenantId, (payload as { deviceId: string }).deviceId);
  }

  /** The keys beside the bundle are for agents that know no bundles; nobody believes them without a signature. */
  async tell(tenantId: string, deviceId: string): Promise<void> {
    const order = await this.database.tenant(tenantId, async (tx) => {
      const [newest] = await certificateStore.listLive(tx, deviceId);
      const keys = await signingKeyStore.listTrusted(tx, tenantId);
      if (!newest || keys.length === 0) return null;
      const bundle = await bundleStore.newest(tx, tenantId);
      const { start, end } = renewalWindow({ ...newest, requestedAt: newest.renewRequestedAt });
      return {
        schemaVersion: 1 as const,
        // Where no bundle was made yet, as it was before there were any: the second of the newest key.
        bundle: bundle?.number ?? Math.max(...keys.map(({ createdAt }) => Math.floor(createdAt.getTime() / 1000))),
        keys: keys.map(({ publicJwk }) => publicJwk as { kid: string }),
        renew: {
          start: start.toISOString(),
          end: new Date(Math.min(end.getTime(), start.getTime() + HOUR_MS)).toISOString(),
        },
        ...(bundle && { jws: bundle.jws }),
      };
    });
    if (order) await this.downlink.publish(tenantId, deviceId, 'trust', order);
  }
}
