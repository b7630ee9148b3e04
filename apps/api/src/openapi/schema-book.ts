import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/**
 * Turns zod schemas into JSON Schema (2020-12, which OpenAPI 3.1 uses) and collects every schema with a `meta` id as a
 * component. A schema that is written differently as input than as output gets a second component, `<id>Input`;
 * write outputs first.
 */
export class SchemaBook {
  readonly #schemas = new Map<string, JsonSchema>();

  write(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const {
      $schema: _,
      $defs,
      ...written
    } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      reused: 'inline',
    }) as JsonSchema & { $defs?: Record<string, JsonSchema> };
    const definitions = { ...$defs };
    // The schema itself is inlined at the top even when it has an id.
    const own = typeof written.id === 'string' ? written.id : undefined;
    if (own !== undefined) definitions[own] = written;
    const names = io === 'output' ? new Map(Object.keys(definitions).map((id) => [id, id])) : this.#split(definitions);
    for (const [id, body] of Object.entries(definitions)) this.#schemas.set(names.get(id)!, relink(body, names));
    return own === undefined ? relink(written, names) : { $ref: `#/components/schemas/${names.get(own)}` };
  }

  components(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Names for what an input holds: `<id>Input` for what differs from the output of that id, or holds something that does. */
  #split(definitions: Record<string, JsonSchema>): Map<string, string> {
    const names = new Map(Object.keys(definitions).map((id) => [id, id]));
    for (let before = -1; before !== renamed(names); ) {
      before = renamed(names);
      for (const [id, body] of Object.entries(definitions)) {
        const known = this.#schemas.get(id);
        if (known && JSON.stringify(known) !== JSON.stringify(relink(body, names))) names.set(id, `${id}Input`);
      }
    }
    return names;
  }
}

const renamed = (names: ReadonlyMap<string, string>): number => [...names].filter(([id, name]) => id !== name).length;

/** `#/$defs/X` becomes `#/components/schemas/<name of X>`; ids are names here, not URIs, so they leave the schema. */
const relink = (value: unknown, names: ReadonlyMap<string, string>): JsonSchema => {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    const entries = Object.entries(node).flatMap(([key, child]): [string, unknown][] => {
      if (key === 'id' && typeof child === 'string' && names.has(child)) return [];
      if (key === '$ref' && typeof child === 'string') {
        const id = child.replace('#/$defs/', '');
        return [[key, `#/components/schemas/${names.get(id) ?? id}`]];
      }
      return [[key, walk(child)]];
    });
    return Object.fromEntries(entries);
  };
  return walk(value) as JsonSchema;
};
