/** Keys that turn a merge of parsed JSON into a change of every object's prototype. */
const dangerous = new Set(['__proto__', 'constructor', 'prototype']);

/** Parses a JSON object; undefined for anything else, or when a key could pollute prototypes. */
export const parseStrictObject = (text: string): Record<string, unknown> | undefined => {
  let polluted = false;
  try {
    const value: unknown = JSON.parse(text, (key, inner: unknown) => {
      if (dangerous.has(key)) polluted = true;
      return inner;
    });
    if (polluted || typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    return undefined;
  }
};
