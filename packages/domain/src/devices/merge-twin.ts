/** A JSON value. Arrays are atomic: a patch replaces them whole, a drift names them whole. */
export type TwinValue = null | boolean | number | string | readonly TwinValue[] | TwinDocument;
export type TwinDocument = { readonly [key: string]: TwinValue };

export const isDocument = (value: unknown): value is TwinDocument =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * RFC 7396 merge patch: null deletes, objects merge, everything else (arrays too) replaces. Never changes its inputs,
 * and its output holds no null member, so a document and its patches speak one language.
 */
export function mergeDocument(target: TwinValue | undefined, patch: TwinDocument): TwinDocument {
  const merged: Record<string, TwinValue> = isDocument(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = isDocument(value) ? mergeDocument(ownValue(merged, key), value) : value;
  }
  return merged;
}

/** Equality of JSON values; the order of keys does not matter, the order in arrays does. */
export function sameValue(a: TwinValue | undefined, b: TwinValue | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (!isDocument(a) || !isDocument(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}

/** `{}.constructor` is not a member: only what the document itself holds counts. */
export const ownValue = (document: TwinDocument, key: string): TwinValue | undefined =>
  Object.hasOwn(document, key) ? document[key] : undefined;
