import type { Selector } from '@muster/contracts/devices/devices.schema';
import { many } from './format.js';

/** A selector as people say it: "model edge-1 or edge-2 and site Lyon". */
export const selectorText = (selector: Selector): string => {
  const parts: string[] = [];
  for (const key of ['model', 'site', 'class', 'firmware'] as const) {
    const values = selector[key];
    if (values?.length) parts.push(`${key} ${values.join(' or ')}`);
  }
  for (const [key, value] of Object.entries(selector.labels ?? {})) parts.push(`${key}=${value}`);
  if (selector.ids?.length) parts.push(`one of ${many(selector.ids.length, 'named device')}`);
  return parts.length > 0 ? parts.join(' and ') : 'every device';
};

export function SelectorText({ selector }: { readonly selector: Selector }) {
  return <span>{selectorText(selector)}</span>;
}
