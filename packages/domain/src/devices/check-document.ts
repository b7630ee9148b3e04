import { pointerTo } from './list-fields.js';
import { isDocument } from './merge-twin.js';

/** Bounds of one twin document (desired or reported), patch or golden config. */
export const documentLimits = { depth: 12, keyLength: 128, characters: 128 * 1024 } as const;
export type DocumentLimits = { readonly [K in keyof typeof documentLimits]: number };

export interface DocumentFault {
  readonly pointer: string;
  readonly message: string;
}

/** Keys that name machinery of the language: a careless merge elsewhere would follow them out of the document. */
const dangerousKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** PostgreSQL's jsonb takes neither U+0000 nor a lone surrogate; refused here, the batch it came in is not lost. */
const storable = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed();

const faultInValue = (value: unknown, pointer: string, depth: number, limits: DocumentLimits): DocumentFault | null => {
  if (depth > limits.depth) return { pointer, message: `is nested deeper than ${limits.depth} levels` };
  if (value === null || typeof value === 'boolean') return null;
  if (typeof value === 'string')
    return storable(value) ? null : { pointer, message: 'holds text that cannot be stored' };
  if (typeof value === 'number') return Number.isFinite(value) ? null : { pointer, message: 'is not a finite number' };
  if (Array.isArray(value)) return firstFault(value.entries(), pointer, depth, limits);
  if (isDocument(value)) return firstFault(Object.entries(value), pointer, depth, limits);
  return { pointer, message: 'is not a JSON value' };
};

const firstFault = (
  members: Iterable<[string | number, unknown]>,
  parent: string,
  depth: number,
  limits: DocumentLimits,
): DocumentFault | null => {
  for (const [name, value] of members) {
    const key = String(name);
    const pointer = pointerTo(parent, key);
    if (dangerousKeys.has(key)) return { pointer, message: 'is a key that is never accepted' };
    if (key.length > limits.keyLength || !storable(key))
      return { pointer: parent, message: 'has a key that is too long or cannot be stored' };
    const fault = faultInValue(value, pointer, depth + 1, limits);
    if (fault !== null) return fault;
  }
  return null;
};

/** The first reason not to accept this document or patch, or null. Safe on hostile nesting: it never looks below its depth. */
export function findDocumentFault(document: unknown, limits: DocumentLimits = documentLimits): DocumentFault | null {
  if (!isDocument(document)) return { pointer: '', message: 'is not an object' };
  const fault = faultInValue(document, '', 0, limits);
  if (fault !== null) return fault;
  return JSON.stringify(document).length > limits.characters
    ? { pointer: '', message: `is longer than ${limits.characters} characters` }
    : null;
}
