import type { UplinkChannel } from '@muster/contracts/mqtt/topics';
import type { ProblemCode } from '@muster/contracts/problem';

/** One message from a device whose identity the door has proven; the same from every door. */
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
  /** Where it came from, as far as its door tells. */
  readonly address?: string | undefined;
  /** A dead letter that is fed through again: no flood of its device. */
  readonly replayed?: true;
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
