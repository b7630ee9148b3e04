import type { downlinkSchemas } from '@muster/contracts/mqtt/downlink';
import type { DownlinkChannel } from '@muster/contracts/mqtt/topics';
import { topicFor } from '@muster/contracts/mqtt/topics';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { UPLINK_TRANSPORT, type UplinkTransport } from './uplink.port.js';

export type DownlinkBody<C extends DownlinkChannel> = z.input<(typeof downlinkSchemas)[C]>;

/**
 * Sends to devices. Nothing here is a promise of delivery: what a device must get lives in the database and is sent again
 * when its first heartbeat after connecting arrives, so a publish to a device that is away is simply lost.
 */
@Injectable()
export class Downlink {
  constructor(@Inject(UPLINK_TRANSPORT) private readonly transport: UplinkTransport) {}

  async publish<C extends DownlinkChannel>(
    tenant: string,
    deviceId: string,
    channel: C,
    body: DownlinkBody<C>,
  ): Promise<void> {
    const topic = topicFor({ tenant, device: deviceId, direction: 'down', channel, place: null });
    // An acknowledgement that is lost is repeated when the device resends: not worth a round trip.
    await this.transport.publish(topic, Buffer.from(JSON.stringify(body)), channel === 'ack' ? 0 : 1);
  }

  /**
   * Hands a message to the broker now and asks later how that went: for a publish that must begin inside a transaction
   * and is waited for after its end. Until it is asked, a failure is nobody's unhandled rejection.
   */
  handOver<C extends DownlinkChannel>(
    tenant: string,
    deviceId: string,
    channel: C,
    body: DownlinkBody<C>,
  ): () => Promise<void> {
    const published = this.publish(tenant, deviceId, channel, body);
    published.catch(() => {});
    return () => published;
  }

  /** As the transport's: how long a session with a revoked certificate may still be opened. */
  get revocationLagMs(): number {
    return this.transport.revocationLagMs;
  }

  /** Ends the device's session now, or only that of one certificate, as the transport does. */
  kick(deviceId: string, fingerprint?: string): Promise<boolean> {
    return this.transport.kick(deviceId, fingerprint);
  }

  hasSession(deviceId: string, fingerprint: string): boolean {
    return this.transport.hasSession(deviceId, fingerprint);
  }

  /** As the transport's; undefined where every session is judged by the registry. */
  get knock(): UplinkTransport['knock'] {
    return this.transport.knock;
  }
}
