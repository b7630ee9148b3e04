import type { LookedSeries } from '@muster/persistence/telemetry/baseline.store';
import { nameSeries } from '@muster/telemetry/anomaly-words';

/** How sentences name a series: its metric, and its place with the device, or the device. */
export const labelOf = ({ key, place, deviceName }: LookedSeries): string =>
  nameSeries(key, place === null ? deviceName : `${deviceName}/${place}`);
