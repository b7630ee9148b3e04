import type { ConfigChange } from '@muster/contracts/configs/configs.schema';
import { listFields } from '../devices/list-fields.js';
import { sameValue, type TwinDocument } from '../devices/merge-twin.js';

/** What differs between two documents field by field, by path. Arrays are one field. */
export function listChanges(from: TwinDocument, to: TwinDocument): ConfigChange[] {
  const before = new Map(listFields(from).map(({ path, value }) => [path, value]));
  const after = new Map(listFields(to).map(({ path, value }) => [path, value]));
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (sameValue(was, is)) return [];
    const op = was === undefined ? 'add' : is === undefined ? 'remove' : 'replace';
    return [{ path, op, from: was ?? null, to: is ?? null } as const];
  });
}
