import type { Route, RouteInput } from '@muster/contracts/route';
import type { z } from 'zod';
import { type Fault, Refusal } from './refusal.js';

type Part = 'params' | 'query' | 'body';

/**
 * Parses each part of a request once by the route's schema. Every fault of every part is listed in one refusal,
 * unknown properties included: a misspelt filter must not silently select everything.
 */
export const parseInput = (
  route: Route,
  raw: { params: unknown; query: unknown; body?: unknown },
): RouteInput<Route> => {
  const faults: Fault[] = [];
  const parse = (part: Part): unknown => {
    const schema = route[part];
    const given = raw[part] ?? {};
    if (schema) return parsePart(schema, given, `/${part}`, faults);
    if (part === 'query') faults.push(...Object.keys(given).map((key) => unknownProperty(`/query/${escaped(key)}`)));
    return undefined;
  };
  const input = { params: parse('params'), query: parse('query'), body: parse('body') } as RouteInput<Route>;
  if (faults.length > 0) throw new Refusal('validation_failed', summary(faults), undefined, faults.slice(0, 50));
  return input;
};

const parsePart = (schema: z.ZodType, given: unknown, pointer: string, faults: Fault[]): unknown => {
  const result = schema.safeParse(given);
  if (result.success) {
    faults.push(...droppedProperties(given, result.data, pointer));
    return result.data;
  }
  for (const issue of result.error.issues) {
    const at = [pointer, ...issue.path.map((step) => escaped(String(step)))].join('/');
    if (issue.code === 'unrecognized_keys')
      faults.push(...issue.keys.map((key) => unknownProperty(`${at}/${escaped(key)}`)));
    else faults.push({ pointer: at, message: issue.message });
  }
  return undefined;
};

/**
 * Properties the schema dropped are properties it does not know. Comparing input with output finds them at any depth
 * without making each nested schema strict; a schema that renames keys by a transform does not belong on a route.
 */
const droppedProperties = (given: unknown, parsed: unknown, pointer: string): Fault[] => {
  if (Array.isArray(given)) {
    return Array.isArray(parsed)
      ? given.flatMap((item, i) => droppedProperties(item, parsed[i], `${pointer}/${i}`))
      : [];
  }
  if (!isPlain(given) || !isPlain(parsed)) return [];
  return Object.entries(given).flatMap(([key, value]) =>
    key in parsed || value === undefined
      ? droppedProperties(value, parsed[key], `${pointer}/${escaped(key)}`)
      : [unknownProperty(`${pointer}/${escaped(key)}`)],
  );
};

/** The query string's parser makes objects without `Object.prototype`, so the prototype says nothing. */
const isPlain = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === '[object Object]';

const unknownProperty = (pointer: string): Fault => ({ pointer, message: 'is not a property of this request' });

/** RFC 6901 3: `~` and `/` are escaped in a pointer. */
const escaped = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');

const summary = ([first, ...more]: Fault[]): string =>
  `${first?.pointer} ${first?.message}${more.length > 0 ? `, and ${more.length} more` : ''}.`;
