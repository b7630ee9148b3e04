import { isDocument, type TwinDocument, type TwinValue } from './merge-twin.js';

/** One field of a document: its JSON pointer (RFC 6901) and value. */
export interface TwinField {
  readonly path: string;
  readonly value: TwinValue;
}

const escapeKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Joins a pointer and one more key, escaped as RFC 6901 3 wants. */
export const pointerTo = (parent: string, key: string): string => `${parent}/${escapeKey(key)}`;

/** The leaves of a document. An array is one leaf; an empty object below the root is one too, or it would vanish. */
export function listFields(document: TwinDocument, parent = ''): TwinField[] {
  return Object.entries(document).flatMap(([key, value]) => {
    const path = pointerTo(parent, key);
    return isDocument(value) && Object.keys(value).length > 0 ? listFields(value, path) : [{ path, value }];
  });
}

/** The value a pointer names, or undefined where there is none. Pointers do not reach into arrays. */
export function fieldAt(document: TwinDocument, path: string): TwinValue | undefined {
  let value: TwinValue | undefined = document;
  for (const key of path.split('/').slice(1)) {
    if (!isDocument(value)) return undefined;
    const name: string = key.replaceAll('~1', '/').replaceAll('~0', '~');
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}
