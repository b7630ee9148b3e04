import type { Selector } from '@muster/contracts/devices/devices.schema';

/** What a selector looks at. */
export interface SelectableDevice {
  readonly id: string;
  readonly model: string;
  readonly site: string | null;
  readonly class: string;
  readonly firmwareVersion: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

const within = (wanted: readonly string[] | undefined, value: string | null): boolean =>
  wanted === undefined || (value !== null && wanted.includes(value));

/** Every given field must match; a list matches any of its values (an empty one none); labels match all. Empty selects all. */
export function matchSelector(selector: Selector, device: SelectableDevice): boolean {
  return (
    within(selector.ids, device.id) &&
    within(selector.model, device.model) &&
    within(selector.site, device.site) &&
    within(selector.class, device.class) &&
    within(selector.firmware, device.firmwareVersion) &&
    Object.entries(selector.labels ?? {}).every(
      ([key, value]) => Object.hasOwn(device.labels, key) && device.labels[key] === value,
    )
  );
}
