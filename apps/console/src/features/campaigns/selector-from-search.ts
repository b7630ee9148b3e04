import type { Selector } from '@muster/contracts/devices/devices.schema';

interface Filter {
  readonly model?: string | undefined;
  readonly site?: string | undefined;
  readonly class?: string | undefined;
  readonly firmware?: string | undefined;
  readonly label?: string | undefined;
}

/** A filter of the device list as a selector. */
export const selectorFromSearch = ({ model, site, class: kind, firmware, label }: Filter): Selector => {
  const [key, value] = label?.split(/=(.*)/) ?? [];
  return {
    ...(model ? { model: [model] } : {}),
    ...(site ? { site: [site] } : {}),
    ...(kind ? { class: [kind] } : {}),
    ...(firmware ? { firmware: [firmware] } : {}),
    ...(key && value !== undefined ? { labels: { [key]: value } } : {}),
  };
};
