import type { Telemetry, TelemetryV1 } from '@muster/contracts/mqtt/uplink';

/**
 * Version 2 says the time of each reading, or of each of a block; in version 1 a reading without one was of `producedAt`.
 * Works on the message itself, which nobody else has seen yet: a copy of each would cost as much as checking it.
 */
export function telemetryV1ToV2<M extends Pick<TelemetryV1, 'readings'>>(message: M): M & Pick<Telemetry, 'readings'> {
  const { readings } = message;
  for (let i = 0; i < readings.length; i++) {
    const reading = readings[i]!;
    if (reading.dtMs === undefined) reading.dtMs = 0;
  }
  return message as M & Pick<Telemetry, 'readings'>;
}
