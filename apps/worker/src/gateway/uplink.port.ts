import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import type { ProblemCode } from '@muster/contracts/problem';

/** Nest injection token of the process's transport. */
export const UPLINK_TRANSPORT = Symbol('uplink transport');

/** One message from a device whose identity the transport has proven. */
export interface UplinkMessage {
  readonly tenant: string;
  readonly deviceId: string;
  readonly channel: UplinkChannel;
  /** Topic levels after `telemetry`, or null. */
  readonly place: string | null;
  readonly payload: Buffer;
  readonly receivedAt: Date;
  /** SHA-256 of the client certificate; null where the broker does not tell us. */
  readonly fingerprint: string | null;
}

/** Something that arrived where a device may publish but cannot be taken: it goes to the dead letters. */
export interface RefusedUplink {
  readonly topic: string;
  readonly payload: Buffer;
  readonly receivedAt: Date;
  readonly reason: ProblemCode;
  readonly detail: string;
  /** The device proven to have sent it; null when none is. */
  readonly deviceId: string | null;
}

/** Call when the message is committed, once or more often; the transport then acknowledges it to the device's side. */
export type Acknowledge = () => void;

export interface UplinkListener {
  onMessage(message: UplinkMessage, ack: Acknowledge): void;
  onRefused(refused: RefusedUplink, ack: Acknowledge): void;
}

/**
 * The one door between MQTT and the pipeline. A message whose `ack` is never called is delivered again or resent by its
 * device; a transport never lets more than a bounded number wait.
 */
export interface UplinkTransport {
  /**
   * How long after a revocation the broker may still open a session with the certificate, in milliseconds; 0 where every
   * session is judged by the registry.
   */
  readonly revocationLagMs: number;
  /** Resolves once uplinks flow. */
  start(listener: UplinkListener): Promise<void>;
  /** Stops reading from the sockets, so that pressure reaches the devices. */
  pause(): void;
  resume(): void;
  /** Sends a downlink. QoS 0 resolves when handed to the socket, QoS 1 when the peer acknowledged it or nobody listens. */
  publish(topic: string, payload: Buffer, qos: 0 | 1): Promise<void>;
  /** Ends the session of a device; false when it had none (or the broker cannot tell). */
  kick(deviceId: string): Promise<boolean>;
  /** Ends without acknowledging what is not committed. */
  close(): Promise<void>;
}
