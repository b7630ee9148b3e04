import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { z } from 'zod';

/** Null when `message` is what the schema says, else the first fault, naming the field and the rule. */
export type Validate = (message: unknown) => string | null;

/** Texts a pattern has accepted are remembered: metric names come again with each message. */
const REMEMBERED = 4096;
/** Longer texts, and those that are another with each message, would only push out the rest. */
const REMEMBERED_PATTERN = '^[a-z][a-z0-9_.]{0,63}$';

/** What ajv asks of an engine for patterns; `code` is only used by code that is written to files. */
const engine = Object.assign(
  (pattern: string, flags: string) => {
    const regexp = new RegExp(pattern, flags);
    if (pattern !== REMEMBERED_PATTERN) return regexp;
    const accepted = new Set<string>();
    return {
      test(text: string): boolean {
        if (accepted.has(text)) return true;
        if (!regexp.test(text)) return false;
        if (accepted.size >= REMEMBERED) accepted.clear();
        accepted.add(text);
        return true;
      },
    };
  },
  { code: '' },
);

// Numbers may be NaN or infinite: binary payloads can say so, and a value that is gets a flag and no refusal.
const ajv = new Ajv2020({ allErrors: false, strict: false, code: { regExp: engine as never } });

/** zod stays the one source; per message it would cost 2 to 10 µs where the compiled form costs under 1. */
export function compileValidator(schema: z.ZodType): Validate {
  const validate = ajv.compile(joined(z.toJSONSchema(schema, { io: 'input' })) as object);
  return (message) => (validate(message) ? null : wordsOf(validate.errors?.[0]));
}

function wordsOf(error: ErrorObject | undefined): string {
  const where = error?.instancePath || '/';
  if (error?.propertyName !== undefined) return `${where} key ${JSON.stringify(error.propertyName)} ${error.message}`;
  return `${where} ${error?.message ?? 'is invalid'}`;
}

type Schema = { [keyword: string]: unknown; type?: string | string[]; anyOf?: Schema[] };

/**
 * `anyOf` of different types as one schema of several types, which says the same, since keywords such as `minimum` and
 * `items` bind their own type alone. Compiled, a branch that fails costs an error object; this costs a comparison.
 */
function joined(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(joined);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inside = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => [keyword, joined(value)]),
  ) as Schema;
  const { anyOf, ...rest } = inside;
  if (anyOf === undefined) return inside;
  const types = anyOf.flatMap(({ type }) => type ?? []);
  const disjoint = anyOf.every((branch) => branch.type !== undefined && !OTHERS.some((word) => word in branch));
  // Every integer is a number, so these two are not different.
  if (!disjoint || new Set(types.map((type) => (type === 'integer' ? 'number' : type))).size < types.length)
    return inside;
  return Object.assign({}, rest, ...anyOf, { type: types });
}

/** Keywords that bind every type. */
const OTHERS = ['enum', 'const', 'not', 'allOf', 'oneOf', 'anyOf', '$ref', 'if'];
