import { listDevices } from '@muster/contracts/devices/devices.routes';
import { call } from '../../api/call.js';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** So many serials and names are looked up one by one; more belong into ids or a selector. */
export const MOST_NAMES = 500;
const AT_ONCE = 6;

export interface NamedDevices {
  readonly ids: readonly string[];
  readonly unknown: readonly string[];
}

/** What somebody pasted, cut into single names: by line, comma, semicolon or space, each once. */
export const cutNames = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\s,;]+/)
      .map((name) => name.replace(/^["']|["']$/g, ''))
      .filter((name) => name !== ''),
  ),
];

const lookUp = async (name: string): Promise<string | null> => {
  const { items } = await call(listDevices, { query: { q: name, pageSize: 20 } });
  const wanted = name.toLowerCase();
  return (
    items.find((device) => device.serial.toLowerCase() === wanted || device.name.toLowerCase() === wanted)?.id ?? null
  );
};

/** Ids pass as they are; serials and names are asked of the server, a few at a time. */
export const findNamedDevices = async (names: readonly string[]): Promise<NamedDevices> => {
  const ids = names.filter((name) => uuid.test(name)).map((name) => name.toLowerCase());
  const others = names.filter((name) => !uuid.test(name)).slice(0, MOST_NAMES);
  const unknown: string[] = [];
  for (let at = 0; at < others.length; at += AT_ONCE) {
    const batch = others.slice(at, at + AT_ONCE);
    const found = await Promise.all(batch.map(lookUp));
    found.forEach((id, index) => {
      if (id === null) unknown.push(batch[index]!);
      else ids.push(id);
    });
  }
  return { ids: [...new Set(ids)], unknown };
};
