import { MAX_VALUES, type Telemetry } from '@muster/contracts/mqtt/uplink';

/**
 * What a schema cannot say of readings: a block has as many values of each metric as times, a single reading has no lists,
 * and all together stay within the limit.
 */
export function faultOfReadings(readings: Telemetry['readings']): string | null {
  let total = 0;
  for (let i = 0; i < readings.length; i++) {
    const { dtMs, values } = readings[i]!;
    const times = typeof dtMs === 'number' ? 0 : dtMs.length;
    for (const key in values) {
      const value = values[key];
      const length = typeof value === 'object' && value !== null ? value.length : 0;
      if (length !== times) return faultOfLength(`/readings/${i}/values/${key}`, length, times);
      total += times || 1;
    }
  }
  return total > MAX_VALUES ? `/readings has ${total} values, ${MAX_VALUES} are allowed` : null;
}

const faultOfLength = (where: string, length: number, times: number): string => {
  if (times === 0) return `${where} is a list, and dtMs is not`;
  return length === 0 ? `${where} must be a list, as dtMs is` : `${where} has ${length} values, dtMs has ${times}`;
};
