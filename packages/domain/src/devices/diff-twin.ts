import { isDocument, ownValue, sameValue, type TwinDocument, type TwinValue } from './merge-twin.js';

/**
 * The smallest merge patch that turns `from` into `to`: only changed keys travel. Both must be free of null members,
 * which every document made by merging is; RFC 7396 cannot express a null member.
 */
export function diffTwin(from: TwinDocument, to: TwinDocument): TwinDocument {
  const patch: Record<string, TwinValue> = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const [key, wanted] of Object.entries(to)) {
    const had = ownValue(from, key);
    if (sameValue(had, wanted)) continue;
    patch[key] = isDocument(had) && isDocument(wanted) ? diffTwin(had, wanted) : wanted;
  }
  return patch;
}

/**
 * What is desired and not reported so: fields that differ or are missing. Extra reported fields are no delta;
 * the path to the root is kept.
 */
export function deltaTwin(desired: TwinDocument, reported: TwinDocument): TwinDocument {
  const delta: Record<string, TwinValue> = {};
  for (const [key, wanted] of Object.entries(desired)) {
    const has = ownValue(reported, key);
    if (sameValue(has, wanted)) continue;
    if (!isDocument(has) || !isDocument(wanted)) delta[key] = wanted;
    else {
      const inner = deltaTwin(wanted, has);
      if (Object.keys(inner).length > 0) delta[key] = inner;
    }
  }
  return delta;
}
