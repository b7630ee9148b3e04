import { Problem, type ProblemCode, problems } from '@muster/contracts/problem';
import type { Route } from '@muster/contracts/route';
import type { z } from 'zod';
import { successStatus } from '../http/endpoint.js';
import { type JsonSchema, SchemaBook } from './schema-book.js';

export type RoutesByNoun = Readonly<Record<string, Readonly<Record<string, Route>>>>;
export type OpenApi = { openapi: string; paths: Record<string, Record<string, object>> } & Record<string, unknown>;

/** What any route of a kind can be refused with beside what it lists. */
const doorRefusals = (route: Route): ProblemCode[] => [
  ...(route.params || route.query || route.body ? (['validation_failed'] as const) : []),
  ...(route.permission === 'public' ? [] : (['unauthenticated'] as const)),
  ...(route.permission === 'public' || route.permission === null ? [] : (['forbidden'] as const)),
  ...(route.match ? (['precondition_required', 'precondition_failed'] as const) : []),
  ...(route.idempotent ? (['idempotency_key_reused', 'idempotency_in_progress'] as const) : []),
];

/** The OpenAPI 3.1 document of every route of the contracts. The same tables give the same text. */
export const writeOpenApi = (nouns: RoutesByNoun): OpenApi => {
  const book = new SchemaBook();
  const problem = book.write(Problem, 'output');
  for (const route of Object.values(nouns).flatMap((routes) => Object.values(routes))) {
    if (route.returns) book.write(route.returns, 'output');
  }
  const paths: OpenApi['paths'] = {};
  for (const [noun, routes] of Object.entries(nouns)) {
    for (const [name, route] of Object.entries(routes)) {
      const path = `/api/v1${route.path.replace(/:(\w+)/g, '{$1}')}`;
      paths[path] ??= {};
      paths[path][route.method.toLowerCase()] = operation(book, noun, name, route, problem);
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Muster',
      version: 'v1',
      description:
        'Device-fleet management and over-the-air updates. Errors are RFC 9457 problems with a stable `code`; ' +
        'lists are keyset paged by `pageToken`; mutable resources carry a strong ETag.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ session: [] }, { apiKey: [] }],
    tags: Object.keys(nouns).map((name) => ({ name })),
    paths,
    components: {
      schemas: book.components(),
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: 'muster_session' },
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, `mk_…`.' },
      },
    },
  };
};

const operation = (book: SchemaBook, noun: string, name: string, route: Route, problem: JsonSchema): object => ({
  operationId: name,
  tags: [noun],
  summary: route.summary,
  ...(route.permission === 'public' && { security: [] }),
  ...(route.permission && route.permission !== 'public' && { 'x-permission': route.permission }),
  parameters: [
    ...parameters(book, 'path', route.params),
    ...parameters(book, 'query', route.query),
    ...(route.match ? [header('If-Match', true, 'The ETag of what you read.')] : []),
    ...(route.idempotent ? [header('Idempotency-Key', false, 'Repeats of this request get the first answer.')] : []),
  ],
  ...(route.body && {
    requestBody: {
      required: true,
      content: { 'application/json': { schema: book.write(route.body, 'input') } },
    },
  }),
  responses: responses(book, route, problem),
});

const header = (name: string, required: boolean, description: string): object => ({
  name,
  in: 'header',
  required,
  description,
  schema: { type: 'string' },
});

const parameters = (book: SchemaBook, place: 'path' | 'query', schema: z.ZodType | undefined): object[] => {
  if (!schema) return [];
  const object = book.write(schema, 'input');
  const required = new Set(object.required as string[] | undefined);
  return Object.entries((object.properties ?? {}) as Record<string, JsonSchema>).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.has(name),
    schema: property,
  }));
};

const responses = (book: SchemaBook, route: Route, problem: JsonSchema): Record<string, object> => {
  const answers: Record<string, object> = {
    [successStatus(route)]: route.returns
      ? { description: 'OK', content: { 'application/json': { schema: book.write(route.returns, 'output') } } }
      : { description: 'OK' },
  };
  const codes = [...new Set([...doorRefusals(route), ...(route.refuses ?? [])])];
  for (const status of [...new Set(codes.map((code) => problems[code][0]))].sort()) {
    const here = codes.filter((code) => problems[code][0] === status).sort();
    answers[status] = {
      description: here.map((code) => `\`${code}\`: ${problems[code][1]}`).join('\n'),
      content: { 'application/problem+json': { schema: problem } },
    };
  }
  return answers;
};
