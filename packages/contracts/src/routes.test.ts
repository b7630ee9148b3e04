import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Route } from './route.js';
import { routesByNoun } from './routes.js';

const all: [string, Route][] = Object.entries(routesByNoun).flatMap(([noun, routes]) =>
  Object.entries(routes as Record<string, Route>).map(([name, r]): [string, Route] => [`${noun}.${name}`, r]),
);

describe('the route table', () => {
  it('names each method and path once', () => {
    const seen = all.map(([, r]) => `${r.method} ${r.path.replaceAll(/:\w+/g, ':')}`);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each(all)('%s declares exactly the parameters of its path', (_name, r) => {
    const inPath = [...r.path.matchAll(/:(\w+)/g)].map((m) => m[1]).sort();
    const declared = r.params ? Object.keys((r.params as z.ZodObject).shape).sort() : [];
    expect(declared).toEqual(inPath);
  });

  it.each(all.filter(([, r]) => r.match))('%s demands If-Match and says how it refuses', (_name, r) => {
    expect(r.refuses).toEqual(expect.arrayContaining(['precondition_failed', 'precondition_required']));
  });

  it.each(all)('%s can be written as JSON Schema', (_name, r) => {
    for (const schema of [r.query, r.body])
      if (schema) expect(() => z.toJSONSchema(schema, { io: 'input' })).not.toThrow();
    if (r.returns) expect(() => z.toJSONSchema(r.returns as z.ZodType)).not.toThrow();
  });
});
