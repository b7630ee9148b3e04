import type { z } from 'zod';
import { parseInput } from '../http/parse-input.js';

/** The body of a device's request by its schema; every fault at once. Unknown fields are tolerated where it is loose. */
export const parseBody = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  const route = { method: 'POST', path: '', summary: '', permission: 'public', body: schema } as const;
  return parseInput(route, { params: {}, query: {}, body }).body as z.output<S>;
};
