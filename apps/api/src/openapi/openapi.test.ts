import { routesByNoun } from '@muster/contracts/routes';
import { expect, test } from 'vitest';
import { type OpenApi, writeOpenApi } from './write-openapi.js';
import { writePermissions, writeProblems } from './write-reference.js';

const reference = '../../../../docs/reference';
const document: OpenApi = writeOpenApi(routesByNoun);

test('the committed OpenAPI document is what the route tables say', async () => {
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(`${reference}/openapi.json`);
});

test('the committed list of problems is what the catalogue says', async () => {
  await expect(writeProblems(routesByNoun)).toMatchFileSnapshot(`${reference}/problems.md`);
});

test('the committed table of permissions is what roles and routes say', async () => {
  await expect(writePermissions(routesByNoun)).toMatchFileSnapshot(`${reference}/permissions.md`);
});

test('every reference of the document leads to one of its components', () => {
  const text = JSON.stringify(document);
  const components = document.components as { schemas: Record<string, object> };
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!);
  expect(references.length).toBeGreaterThan(50);
  expect(references.filter((name) => !(name in components.schemas))).toEqual([]);
  expect(text).not.toContain('$defs');
});

test('operation ids are unique and every path parameter is declared', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({
      path,
      ...(operation as { operationId: string; parameters: { in: string; name: string }[] }),
    })),
  );
  expect(new Set(operations.map((operation) => operation.operationId)).size).toBe(operations.length);
  for (const { path, parameters } of operations) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name)).toEqual(named);
  }
});
