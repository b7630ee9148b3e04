import { DeviceRegistry } from '@muster/ingest/device-registry';
import { revokedChannel } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { LOGGER, type Logger } from '@muster/runtime/logging/logger';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Downlink } from '../gateway/downlink.publisher.js';

/** Takeovers at an external broker at once; what does not fit waits for its letter. */
const AT_ONCE = 32;

/**
 * Cuts a session the moment its revocation commits. The letter of the same transaction does it again, however long the
 * queues are: this is only the short way, and may be missed.
 */
@Injectable()
export class RevocationListener implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #cutting = new Set<Promise<void>>();
  #stopListening: () => Promise<void> = async () => {};

  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
    private readonly registry: DeviceRegistry,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.#stopListening = await this.database.listen(revokedChannel, (payload) => this.#heard(payload));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#stopListening();
    await Promise.all(this.#cutting);
  }

  #heard(payload: string): void {
    const [deviceId, fingerprint] = payload.split(' ');
    // Empty after a reconnect: what was missed is in the letters.
    if (!deviceId || !fingerprint) return;
    this.registry.forget(deviceId);
    if (this.#cutting.size >= AT_ONCE) return;
    const cut = this.downlink
      .kick(deviceId, fingerprint)
      .then(() => {})
      .catch((error: unknown) => this.logger.warn({ err: error, deviceId }, 'a session was not cut at once'))
      .finally(() => this.#cutting.delete(cut));
    this.#cutting.add(cut);
  }
}
