import type { SessionEvent } from '@muster/ingest/session-sightings';
import type { RefusedUplink, UplinkMessage } from '@muster/ingest/uplink';

/** Nest injection token of the process's transport. */
export const UPLINK_TRANSPORT = Symbol('uplink transport');

/** Call when nothing more happens with the message, once or more often; the transport then acknowledges it to the broker. */
export type Acknowledge = () => void;

export interface UplinkListener {
  onMessage(message: UplinkMessage, ack: Acknowledge): void;
  onRefused(refused: RefusedUplink, ack: Acknowledge): void;
  /** Where the broker is ours: who came from where. */
  onSession?(event: SessionEvent): void;
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
  /**
   * Ends the session of a device, or only one that was opened with this certificate (its SHA-256) where the broker tells them
   * apart; false when it had none.
   */
  kick(deviceId: string, fingerprint?: string): Promise<boolean>;
  /** Whether a session with this certificate is open; false where the broker cannot tell. */
  hasSession(deviceId: string, fingerprint: string): boolean;
  /**
   * Comes to the broker as a device does, with a certificate that is revoked. Absent where every session is judged by the
   * registry.
   */
  readonly knock?: (identity: KnockIdentity) => Promise<KnockAnswer>;
  /** Ends without acknowledging what is not committed. */
  close(): Promise<void>;
}

/** PEM: a certificate with its chain, and its private key. */
export interface KnockIdentity {
  readonly cert: string;
  readonly key: string;
}

/** Turned away as revoked; let in; or something else happened, which proves nothing. */
export type KnockAnswer = 'revoked' | 'let_in' | { readonly unclear: string };
