import type { ByteRange } from '@muster/persistence/releases/artifact-storage/artifact-storage';

/** The part of the whole an upload brings (RFC 9110 14.4); without the header it is all of it. */
export function parseContentRange(header: string | undefined, size: number): ByteRange | 'malformed' {
  if (header === undefined) return { start: 0, end: size - 1 };
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(header.trim());
  if (match === null) return 'malformed';
  const [start, end, total] = [Number(match[1]), Number(match[2]), match[3]];
  if (start > end || end >= size || (total !== '*' && Number(total) !== size)) return 'malformed';
  return { start, end };
}

/**
 * The part of the whole a download asks for (RFC 9110 14.2). Several ranges and other units are ignored, as the RFC
 * allows; null means all of it.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return null;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  if (match[1] === '' && Number(match[2]) === 0) return 'unsatisfiable';
  if (start >= size) return 'unsatisfiable';
  return start > end ? null : { start, end };
}
